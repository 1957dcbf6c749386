package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/projectcalico/calico/felix/calc"
	"github.com/projectcalico/calico/felix/config"
	"github.com/projectcalico/calico/felix/proto"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/api"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/model"
)

const defaultTier = "default"

// tier is the engine with the policies of one tier.
type tier struct {
	name      string
	order     float64
	passes    bool // what no rule decides goes to the next tier
	values    []*model.KVPair
	ranks     map[string]rank
	sets      map[string]*addressSet
	policies  map[string]*proto.Policy
	profiles  map[string]*proto.Profile
	endpoints map[string]*proto.WorkloadEndpoint
}

// rank is where a policy stands in its tier.
type rank struct {
	order float64
	name  string
}

func (r rank) compare(other rank) int {
	return cmp.Or(cmp.Compare(r.order, other.order), cmp.Compare(r.name, other.name))
}

// builtIn are the tiers that are always there; nobody can change them.
func builtIn() map[string]*tier {
	return map[string]*tier{
		"kube-admin":    {name: "kube-admin", order: 1_000, passes: true},
		defaultTier:     {name: defaultTier, order: 1_000_000},
		"kube-baseline": {name: "kube-baseline", order: 10_000_000, passes: true},
	}
}

func tierObject(found document) (policy, error) {
	var object struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			Order         *float64 `json:"order"`
			DefaultAction string   `json:"defaultAction"`
		} `json:"spec"`
	}
	if err := found.decode(&object); err != nil {
		return policy{}, err
	}
	if _, isThere := builtIn()[object.Name]; isThere {
		return policy{}, fmt.Errorf("the tier %s is built in", object.Name)
	}
	if faults := validation.IsDNS1123Label(object.Name); len(faults) > 0 {
		return policy{}, fmt.Errorf("metadata.name: %s", faults[0])
	}
	made := &tier{name: object.Name, order: math.Inf(1)}
	if object.Spec.Order != nil {
		made.order = *object.Spec.Order
	}
	switch object.Spec.DefaultAction {
	case "", "Deny":
	case "Pass":
		made.passes = true
	default:
		return policy{}, fmt.Errorf("spec.defaultAction: %q", object.Spec.DefaultAction)
	}
	return policy{made: made}, nil
}

// engine is Calico's policy engine, once for each tier in their order.
type engine struct {
	cluster *cluster
	tiers   []*tier
}

func engineOf(cluster *cluster) (*engine, []refusal, error) {
	shared, err := cluster.subjects()
	if err != nil {
		return nil, nil, err
	}
	tiers := builtIn()
	var policies []policy
	var refused []refusal
	for _, found := range cluster.policies {
		one, err := parse(found)
		if err != nil {
			refused = append(refused, refusalOf(found, err))
		}
		if one.made != nil {
			tiers[one.made.name] = one.made
		}
		policies = append(policies, one)
	}
	for i, one := range policies {
		switch {
		case one.tier == "":
			shared = append(shared, one.values...)
		case tiers[one.tier] == nil:
			refused = append(refused, refusalOf(cluster.policies[i], fmt.Errorf("tier %s does not exist", one.tier)))
		default:
			tiers[one.tier].add(one.values, cluster.policies[i])
		}
	}
	if len(refused) > 0 {
		return nil, refused, nil
	}
	made := &engine{cluster: cluster}
	for _, one := range tiers {
		if len(one.values) > 0 || one.name == defaultTier { // that holds the profiles
			if err := one.compute(shared); err != nil {
				return nil, nil, err
			}
			made.tiers = append(made.tiers, one)
		}
	}
	slices.SortFunc(made.tiers, func(one, other *tier) int {
		return cmp.Or(cmp.Compare(one.order, other.order), cmp.Compare(one.name, other.name))
	})
	return made, nil, nil
}

func refusalOf(found document, why error) refusal {
	text := strings.ReplaceAll(why.Error(), "\n", "; ")
	return refusal{Kind: found.Kind, Namespace: found.Namespace, Name: found.Name, Why: text}
}

func (t *tier) add(values []*model.KVPair, found document) {
	if t.ranks == nil {
		t.ranks = map[string]rank{}
	}
	for _, one := range values {
		// as newer releases have it (felix/calc, policy_sorter.go): the order, then name, namespace and kind in one text
		at := rank{order: math.Inf(1), name: strings.Join([]string{found.Name, found.Namespace, found.Kind}, "/")}
		if made, ok := one.Value.(*model.Policy); ok && made.Order != nil {
			at.order = *made.Order
		}
		t.ranks[one.Key.(model.PolicyKey).Name] = at
	}
	t.values = append(t.values, values...)
}

// compute runs Felix's calculation graph over all that is *shared* and the policies of the tier.
func (t *tier) compute(shared []*model.KVPair) error {
	t.sets, t.policies = map[string]*addressSet{}, map[string]*proto.Policy{}
	t.profiles, t.endpoints = map[string]*proto.Profile{}, map[string]*proto.WorkloadEndpoint{}
	settings := config.New()
	settings.FelixHostname = nodeName
	sequencer := calc.NewEventSequencer(settings)
	var fault error
	sequencer.Callback = func(message any) { fault = errors.Join(fault, t.take(message)) }
	graph := calc.NewCalculationGraph(sequencer, settings, func() {})
	filter := calc.NewValidationFilter(graph.AllUpdDispatcher, settings)
	filter.OnStatusUpdated(api.WaitForDatastore)
	filter.OnStatusUpdated(api.ResyncInProgress)
	var updates []api.Update
	for _, one := range append(slices.Clone(shared), t.values...) {
		if one.Value != nil {
			updates = append(updates, api.Update{KVPair: *one, UpdateType: api.UpdateTypeKVNew})
		}
	}
	filter.OnUpdates(updates)
	filter.OnStatusUpdated(api.InSync)
	graph.Flush()
	sequencer.Flush()
	return fault
}

func (t *tier) take(message any) error {
	switch one := message.(type) {
	case *proto.IPSetUpdate:
		t.sets[one.Id] = setOf(one.Members)
	case *proto.IPSetDeltaUpdate:
		if len(one.RemovedMembers) > 0 {
			return errors.New("the engine takes back what it said")
		}
		t.sets[one.Id].add(one.AddedMembers)
	case *proto.ActivePolicyUpdate:
		t.policies[one.Id.Name] = one.Policy
	case *proto.ActiveProfileUpdate:
		t.profiles[one.Id.Name] = one.Profile
	case *proto.WorkloadEndpointUpdate:
		t.endpoints[one.Id.WorkloadId] = one.Endpoint
	}
	return nil
}

// rulesOf returns the rules of each policy of a pod in one direction, in their order.
func (t *tier) rulesOf(pod string, isIngress bool) (found [][]*proto.Rule, err error) {
	endpoint := t.endpoints[pod]
	if endpoint == nil {
		return nil, fmt.Errorf("the engine made no endpoint of the pod %s", pod)
	}
	var names []string
	for _, one := range endpoint.Tiers {
		if isIngress {
			names = append(names, one.IngressPolicies...)
		} else {
			names = append(names, one.EgressPolicies...)
		}
	}
	slices.SortFunc(names, func(one, other string) int { return t.ranks[one].compare(t.ranks[other]) })
	for _, name := range names {
		one := t.policies[name]
		if one == nil {
			return nil, fmt.Errorf("the engine made no policy of %s", name)
		}
		if isIngress {
			found = append(found, one.InboundRules)
		} else {
			found = append(found, one.OutboundRules)
		}
	}
	return found, nil
}
