package main

import (
	"cmp"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	enginepolicy "github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/policy/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

// through returns what the proxy, to which the connection is handed, does to the request that is asked about, or to any.
//
// The proxy itself is no part of this program. It lets a request through that a rule of any covering filter lets
// through; a filter without rules lets everything through. A rule of HTTP that says nothing is what the engine adds
// where another policy opens the port as a whole, so it is everything too; likewise the DNS pattern *.
func through(
	filters []*enginepolicy.L4Filter, peer, named *end, protocol u8proto.U8proto, number uint16, asked *question,
) (verdict, error) {
	found := filtered
	if asked != nil {
		found = denied
	}
	for _, policy := range heeded(filters, peer, named, protocol, number) {
		passes, err := rulesPass(policy, asked)
		if err != nil {
			return unsupported, err
		}
		if passes {
			found = allowed
		}
	}
	return found, nil
}

// heeded returns what allows the connection where several tiers and priorities speak of it, from the first to one that
// denies it or lets DNS through: to the proxy a rule is all of its predicates (cilium/proxy, npds.proto), so that one of
// HTTP which a request does not meet leaves it to the next, and the DNS proxy knows the rules of its own filter only.
func heeded(
	filters []*enginepolicy.L4Filter, peer, named *end, protocol u8proto.U8proto, number uint16,
) (found []*enginepolicy.PerSelectorPolicy) {
	type place struct {
		tier     types.Tier
		priority types.Priority
	}
	matching := map[place][]*enginepolicy.PerSelectorPolicy{}
	for _, filter := range filters {
		if !covers(filter, named, protocol, number) {
			continue
		}
		for selector, policy := range filter.PerSelectorPolicies {
			if !selector.IsWildcard() && !selector.Selects(peer.identity.ID) {
				continue
			}
			at := place{tier: filter.Tier}
			if policy != nil {
				at.priority = policy.Priority
			}
			matching[at] = append(matching[at], policy)
		}
	}
	places := slices.SortedFunc(maps.Keys(matching), func(one, other place) int {
		return cmp.Or(cmp.Compare(one.tier, other.tier), cmp.Compare(one.priority, other.priority))
	})
	isLast, passed := false, types.Tier(0)
	for _, at := range places {
		if at.tier == passed {
			continue
		}
		for _, policy := range matching[at] {
			switch {
			case policy == nil || policy.Verdict == types.Allow:
				found = append(found, policy)
				isLast = isLast || (policy != nil && len(policy.L7Rules.DNS) > 0)
			case policy.Verdict == types.Deny:
				isLast = true
			default:
				passed = at.tier
			}
		}
		if isLast {
			break
		}
	}
	return found
}

func covers(filter *enginepolicy.L4Filter, named *end, protocol u8proto.U8proto, number uint16) bool {
	switch {
	case filter.U8Proto != u8proto.ANY && filter.U8Proto != protocol:
		return false
	case filter.Port == 0 && filter.PortName == "":
		return true
	}
	first := filter.Port
	if filter.PortName != "" {
		first = named.owner.GetIngressNamedPort(filter.PortName, protocol)
	}
	return first != 0 && (number == first || (first < number && number <= filter.EndPort))
}

func rulesPass(policy *enginepolicy.PerSelectorPolicy, asked *question) (bool, error) {
	switch {
	case policy == nil:
		return true, nil
	case len(policy.ServerNames) > 0 || policy.Listener != "" || policy.TerminatingTLS != nil ||
		policy.OriginatingTLS != nil || policy.Authentication != nil:
		return false, errors.New("TLS, server names, listeners and authentication are not understood")
	case policy.L7Rules.IsEmpty():
		return true, nil
	}
	for i := range policy.L7Rules.HTTP {
		if passes, err := httpPasses(&policy.L7Rules.HTTP[i], asked); passes || err != nil {
			return passes, err
		}
	}
	for _, rule := range policy.L7Rules.DNS {
		if passes, err := dnsPasses(rule, asked); passes || err != nil {
			return passes, err
		}
	}
	return false, nil
}

// httpPasses: each part is a regular expression over the whole value, which is what Envoy is given
// (pkg/envoy/policy/envoy_l7_rules_translator.go). A request has no headers.
func httpPasses(rule *api.PortRuleHTTP, asked *question) (bool, error) {
	hasHeaders := len(rule.Headers) > 0 || len(rule.HeaderMatches) > 0
	if asked == nil {
		return rule.Method == "" && rule.Path == "" && rule.Host == "" && !hasHeaders, nil
	}
	if asked.Method == "" || hasHeaders {
		return false, nil
	}
	for _, part := range [][2]string{{rule.Method, asked.Method}, {rule.Path, asked.Path}, {rule.Host, asked.Host}} {
		pattern, err := regexp.Compile("^(?:" + part[0] + ")$")
		if err != nil {
			return false, err
		}
		if part[0] != "" && !pattern.MatchString(part[1]) {
			return false, nil
		}
	}
	return true, nil
}

func dnsPasses(rule api.PortRuleDNS, asked *question) (bool, error) {
	if asked == nil {
		every := strings.TrimSuffix(rule.MatchPattern, ".")
		return every != "" && strings.Trim(every, "*") == "", nil
	}
	selector := api.FQDNSelector(rule)
	pattern, err := selector.ToRegex()
	if err != nil || asked.Name == "" {
		return false, err
	}
	return pattern.MatchString(asFQDN(asked.Name)), nil
}
