package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	kjson "sigs.k8s.io/json"
	policyv1alpha2 "sigs.k8s.io/network-policy-api/apis/v1alpha2"

	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	"github.com/cilium/cilium/pkg/k8s"
	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	ciliumv2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	slim_metav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/policy/types"
	policyutils "github.com/cilium/cilium/pkg/policy/utils"
)

const (
	networkPolicy     = "networking.k8s.io/v1 NetworkPolicy"
	ciliumPolicy      = "cilium.io/v2 CiliumNetworkPolicy"
	clusterwidePolicy = "cilium.io/v2 CiliumClusterwideNetworkPolicy"
	cidrGroup         = "cilium.io/v2 CiliumCIDRGroup"
	tieredPolicy      = "policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy"
)

// policy is what one object adds to the engine.
type policy struct {
	entries  types.PolicyEntries
	resource ipcachetypes.ResourceID
	group    *ciliumv2.CiliumCIDRGroup
}

// parser makes of objects what the API server and then the agent make of them.
type parser struct {
	schemas schemas
	cluster *cluster
	// clusterName is that which peers are confined to, empty for none.
	clusterName string
}

// parse returns an error where the API server or the agent does not take the object.
func (p parser) parse(found document) (made policy, err error) {
	defer func() {
		if fault := recover(); fault != nil { // some texts make the agent's parser panic
			err = fmt.Errorf("the parser panics: %v", fault)
		}
	}()
	if faults := validation.IsDNS1123Subdomain(found.Name); len(faults) > 0 {
		return made, fmt.Errorf("metadata.name: %s", faults[0])
	}
	switch found.APIVersion + " " + found.Kind {
	case networkPolicy:
		made.resource = ipcachetypes.NewResourceID(ipcachetypes.ResourceKindNetpol, found.Namespace, found.Name)
		made.entries, err = p.networkPolicy(found)
	case ciliumPolicy:
		made.resource = ipcachetypes.NewResourceID(ipcachetypes.ResourceKindCNP, found.Namespace, found.Name)
		made.entries, err = p.ciliumPolicy(found)
	case clusterwidePolicy:
		made.resource = ipcachetypes.NewResourceID(ipcachetypes.ResourceKindCCNP, "", found.Name)
		made.entries, err = p.clusterwidePolicy(found)
	case tieredPolicy:
		made.resource = ipcachetypes.NewResourceID(ipcachetypes.ResourceKindKCNP, "", found.Name)
		made.entries, err = p.tieredPolicy(found)
	case cidrGroup:
		made.group = &ciliumv2.CiliumCIDRGroup{}
		err = p.admitted(found, made.group)
	}
	return made, err
}

func (p parser) networkPolicy(found document) (types.PolicyEntries, error) {
	object := &networkingv1.NetworkPolicy{}
	if err := found.decode(object); err != nil {
		return nil, err
	}
	defaultPolicy(object)
	if err := validPolicy(object); err != nil {
		return nil, err
	}
	stored, err := object.Marshal() // in the API server's storage an empty list is no list
	if err != nil {
		return nil, err
	}
	object.Reset()
	if err := object.Unmarshal(stored); err != nil {
		return nil, err
	}
	slim := &slim_networkingv1.NetworkPolicy{}
	if err := convert(object, slim); err != nil {
		return nil, err
	}
	return k8s.ParseNetworkPolicy(logger, p.clusterName, slim)
}

func (p parser) ciliumPolicy(found document) (types.PolicyEntries, error) {
	object := &ciliumv2.CiliumNetworkPolicy{}
	if err := p.admitted(found, object); err != nil {
		return nil, err
	}
	p.resolveServices(object.Spec, object.Specs)
	rules, err := object.Parse(logger, p.clusterName)
	return policyutils.RulesToPolicyEntries(rules), err
}

func (p parser) clusterwidePolicy(found document) (types.PolicyEntries, error) {
	object := &ciliumv2.CiliumClusterwideNetworkPolicy{}
	if err := p.admitted(found, object); err != nil {
		return nil, err
	}
	p.resolveServices(object.Spec, object.Specs)
	rules, err := object.Parse(logger, p.clusterName)
	for _, rule := range rules {
		if rule.NodeSelector.LabelSelector != nil {
			return nil, fmt.Errorf("this program has no nodes, so no policies for them")
		}
	}
	return policyutils.RulesToPolicyEntries(rules), err
}

// tieredPolicy reads a ClusterNetworkPolicy, of which nothing but unknown fields is refused here.
func (p parser) tieredPolicy(found document) (types.PolicyEntries, error) {
	object := &policyv1alpha2.ClusterNetworkPolicy{}
	if err := found.decode(object); err != nil {
		return nil, err
	}
	return k8s.ParseClusterNetworkPolicy(logger, p.clusterName, object)
}

// admitted decodes an object as the API server stores it.
func (p parser) admitted(found document, object any) error {
	stored, err := p.schemas.admit(found)
	if err != nil {
		return err
	}
	return convert(stored, object)
}

// resolveServices does what the agent's policy watcher does (pkg/policy/k8s/service.go, processRule): it adds the
// selector of each Service that is meant. A Service without one has no backends here.
func (p parser) resolveServices(spec *api.Rule, specs api.Rules) {
	for _, rule := range append(slices.Clone(specs), spec) {
		if rule == nil {
			continue
		}
		for i := range rule.Egress {
			egress := &rule.Egress[i]
			for _, key := range slices.Sorted(maps.Keys(p.cluster.services)) {
				service := p.cluster.services[key]
				for _, wanted := range egress.ToServices {
					if means(wanted, service) && len(service.Spec.Selector) > 0 {
						egress.ToEndpoints = append(egress.ToEndpoints, selectorOf(service))
					}
				}
			}
		}
	}
}

func means(wanted api.Service, service *corev1.Service) bool {
	if one := wanted.K8sServiceSelector; one != nil {
		selector := types.NewLabelSelector(api.EndpointSelector(one.Selector))
		return (one.Namespace == "" || one.Namespace == service.Namespace) &&
			types.Matches(selector, anySource(service.Labels))
	}
	one := wanted.K8sService
	return one != nil && (one.Namespace == "" || one.Namespace == service.Namespace) && one.ServiceName == service.Name
}

func selectorOf(service *corev1.Service) api.EndpointSelector {
	wanted := maps.Clone(service.Spec.Selector)
	wanted[k8sconst.PodNamespaceLabel] = service.Namespace
	selector := api.NewESFromK8sLabelSelector(
		labels.LabelSourceK8sKeyPrefix, &slim_metav1.LabelSelector{MatchLabels: wanted})
	selector.Generated = true
	return selector
}

// anySource are labels of a Service, of which the agent does not ask the source.
type anySource map[string]string

func (l anySource) GetLabel(label *labels.Label) string { return l[label.Key] }

func (l anySource) HasLabel(label *labels.Label) bool {
	_, exists := l[label.Key]
	return exists
}

func (l anySource) LookupLabel(label *labels.Label) (string, bool) {
	value, exists := l[label.Key]
	return value, exists
}

// convert makes one object into another of the same JSON.
func convert(from, to any) error {
	raw, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return kjson.UnmarshalCaseSensitivePreserveInts(raw, to)
}

// refusalOf says in one line why an object is not taken.
func refusalOf(found document, err error) refusal {
	why := strings.Join(strings.Fields(err.Error()), " ")
	return refusal{Kind: found.Kind, Namespace: found.Namespace, Name: found.Name, Why: why}
}
