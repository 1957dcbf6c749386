package main

import (
	"fmt"
	"math"
	"net/netip"

	corev1 "k8s.io/api/core/v1"

	"github.com/projectcalico/calico/felix/proto"
)

type verdict byte

const (
	denied  verdict = '0'
	allowed verdict = '1'
	// unasked: no end has policies, or the two are of different families, or the ICMP is that of the other one.
	unasked verdict = '-'
	// undecided: no rule matches, or it passes; never answered.
	undecided verdict = 0
)

func (e *engine) answer(asked request) (answer, error) {
	addresses := make([]netip.Addr, len(asked.Addresses))
	for i, text := range asked.Addresses {
		var err error
		if addresses[i], err = netip.ParseAddr(text); err != nil {
			return answer{}, err
		}
	}
	verdicts := make([]byte, 0, len(addresses)*len(addresses)*len(asked.Ports))
	for _, source := range addresses {
		for _, target := range addresses {
			for _, port := range asked.Ports {
				found, err := e.connection(source, target, port)
				if err != nil {
					return answer{}, err
				}
				verdicts = append(verdicts, byte(found))
			}
		}
	}
	return answer{Verdicts: string(verdicts)}, nil
}

func (e *engine) connection(source, target netip.Addr, port port) (verdict, error) {
	protocol, err := port.protocol()
	if err != nil {
		return unasked, err
	}
	one, other := e.policed(source), e.policed(target)
	isOther := (port.Protocol == "ICMP" && target.Is6()) || (port.Protocol == "ICMPv6" && target.Is4())
	if (one == nil && other == nil) || source.Is4() != target.Is4() || isOther {
		return unasked, nil
	}
	packet := packet{source: source, target: target, protocol: protocol, number: port.Number}
	if one != nil {
		if found, err := e.side(one, packet, false); err != nil || found == denied {
			return found, err
		}
	}
	if other != nil {
		return e.side(other, packet, true)
	}
	return allowed, nil
}

// policed returns the pod of an address, where it holds policies.
func (e *engine) policed(address netip.Addr) *corev1.Pod {
	if pod := e.cluster.addresses[address]; pod != nil && !pod.Spec.HostNetwork {
		return pod
	}
	return nil
}

func (p port) protocol() (protocol, error) {
	if p.Protocol == "" {
		return protocol{number: 47}, nil
	}
	for _, one := range protocols {
		if one.name == p.Protocol {
			if p.Number < 1 || p.Number > math.MaxUint16 {
				break
			}
			return one, nil
		}
	}
	return protocol{}, fmt.Errorf("%d/%s is no port", p.Number, p.Protocol)
}

// side returns the verdict of the policies of one pod.
func (e *engine) side(pod *corev1.Pod, packet packet, isIngress bool) (verdict, error) {
	name := pod.Namespace + "/" + pod.Name
	for _, tier := range e.tiers {
		rules, err := tier.rulesOf(name, isIngress)
		if err != nil {
			return undecided, err
		}
		if len(rules) == 0 {
			continue // the tier holds no policy for this pod and direction
		}
		found, passes, err := decided(rules, packet, tier)
		if err != nil || found != undecided {
			return found, err
		}
		if !passes && !tier.passes {
			return denied, nil
		}
	}
	return e.byProfiles(name, packet, isIngress)
}

// decided returns the verdict of the first rule that decides, and whether it passes the packet to the next tier.
func decided(policies [][]*proto.Rule, packet packet, tier *tier) (found verdict, passes bool, err error) {
	for _, rules := range policies {
		for _, rule := range rules {
			if rule.Action == "log" || !packet.matches(rule, tier.sets) {
				continue
			}
			switch rule.Action {
			case "allow":
				return allowed, false, nil
			case "deny":
				return denied, false, nil
			case "pass", "next-tier":
				return undecided, true, nil
			}
			return undecided, false, fmt.Errorf("the engine made a rule %q", rule.Action)
		}
	}
	return undecided, false, nil
}

// byProfiles returns the verdict of the profiles of a pod, which decide where no tier does.
func (e *engine) byProfiles(pod string, packet packet, isIngress bool) (verdict, error) {
	for _, tier := range e.tiers {
		if tier.name != defaultTier {
			continue
		}
		for _, name := range tier.endpoints[pod].ProfileIds {
			rules := tier.profiles[name].GetOutboundRules()
			if isIngress {
				rules = tier.profiles[name].GetInboundRules()
			}
			found, _, err := decided([][]*proto.Rule{rules}, packet, tier)
			if err != nil || found != undecided {
				return found, err
			}
		}
	}
	return denied, nil
}
