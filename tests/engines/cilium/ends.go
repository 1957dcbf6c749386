package main

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/k8s"
	ciliumv2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	k8sutils "github.com/cilium/cilium/pkg/k8s/utils"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy/api"
	pkgtypes "github.com/cilium/cilium/pkg/types"
)

// end is a source or target: what has an identity, and where isPoliced policies of its own.
type end struct {
	identity  *identity.Identity
	owner     *owner
	isPoliced bool
	// isName says that it is an address known by name only, and so no source.
	isName   bool
	computed *computed
}

// reserved are the entities that are an identity. The agent gives the first three policies of their own.
var reserved = map[string]identity.NumericIdentity{
	"health":         identity.ReservedIdentityHealth,
	"ingress":        identity.ReservedIdentityIngress,
	"init":           identity.ReservedIdentityInit,
	"host":           identity.ReservedIdentityHost,
	"kube-apiserver": identity.ReservedIdentityKubeAPIServer,
	"remote-node":    identity.ReservedIdentityRemoteNode,
	"unmanaged":      identity.ReservedIdentityUnmanaged,
	"world":          identity.ReservedIdentityWorld,
	"world-ipv4":     identity.ReservedIdentityWorldIPv4,
	"world-ipv6":     identity.ReservedIdentityWorldIPv6,
}

// registry makes the identities of one cluster.
type registry struct {
	cluster *cluster
	names   []api.FQDNSelector
	groups  []*ciliumv2.CiliumCIDRGroup
	made    identity.IdentityMap
	named   interface {
		pkgtypes.NamedPortMultiMap
		Update(identity.NumericIdentity, pkgtypes.NamedPortMap, pkgtypes.NamedPortMap) bool
	}
	pods map[*corev1.Pod]*end
	next uint64
}

func registryOf(cluster *cluster, names []api.FQDNSelector, groups []*ciliumv2.CiliumCIDRGroup) *registry {
	return &registry{
		cluster: cluster,
		names:   names,
		groups:  groups,
		made:    identity.IdentityMap{},
		named:   pkgtypes.NewNamedPortMultiMap(),
		pods:    map[*corev1.Pod]*end{},
	}
}

// others makes the identities of the pods that are no end.
func (r *registry) others() {
	for _, key := range slices.Sorted(maps.Keys(r.cluster.pods)) {
		if pod := r.cluster.pods[key]; !pod.Spec.HostNetwork {
			r.pod(pod)
		}
	}
}

func (r *registry) end(text string) (*end, error) {
	if name, isEntity := strings.CutPrefix(text, "entity:"); isEntity {
		number, exists := reserved[name]
		if !exists {
			return nil, fmt.Errorf("%q is no entity that is an end", name)
		}
		isPoliced := name == "health" || name == "ingress" || name == "init"
		return &end{identity: identity.LookupReservedIdentity(number), owner: r.owner(nil), isPoliced: isPoliced}, nil
	}
	if name, isName := strings.CutPrefix(text, "fqdn:"); isName {
		return r.name(name)
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return nil, err
	}
	pod := r.cluster.addresses[address]
	switch {
	case pod == nil:
		return r.unpoliced(identity.IdentityScopeLocal, r.outside(address)), nil
	case pod.Spec.HostNetwork:
		return r.node(address), nil
	}
	return r.pod(pod), nil
}

// pod returns the end of a pod. Pods share no identity, so that a named port of one is none of another.
func (r *registry) pod(pod *corev1.Pod) *end {
	if found := r.pods[pod]; found != nil {
		return found
	}
	slim := &slim_corev1.Pod{}
	if err := convert(pod, slim); err != nil {
		panic(err) // what is read strictly into one is read into the other
	}
	ports, texts := k8s.GetPodMetadata(logger, r.cluster.namespaces[pod.Namespace], slim)
	found, _ := labelsfilter.Filter(labels.Map2Labels(texts, labels.LabelSourceK8s))
	if option.Config.PolicyCIDRMatchesPods() {
		for _, one := range pod.Status.PodIPs {
			maps.Copy(found, cidrLabels(netip.MustParseAddr(one.IP)))
		}
	}
	made := r.unpoliced(1000, found)
	made.owner = r.owner(ports)
	made.isPoliced = true
	r.named.Update(made.identity.ID, nil, ports)
	r.pods[pod] = made
	return made
}

// node returns a node of which nothing is known but an address; it is another than that of any pod.
func (r *registry) node(address netip.Addr) *end {
	if !option.Config.PolicyCIDRMatchesNodes() {
		return &end{identity: identity.LookupReservedIdentity(identity.ReservedIdentityRemoteNode), owner: r.owner(nil)}
	}
	found := labels.NewFrom(labels.LabelRemoteNode)
	maps.Copy(found, cidrLabels(address))
	return r.unpoliced(identity.IdentityScopeRemoteNode, found)
}

// outside returns the labels of an address that is no pod's and no node's.
func (r *registry) outside(address netip.Addr) labels.Labels {
	found := cidrLabels(address)
	found.AddWorldLabel(address)
	for _, group := range r.groups { // pkg/policy/k8s/cilium_cidr_group.go, cidrsAndLabelsForCIDRGroup
		if !slices.ContainsFunc(group.Spec.ExternalCIDRs, func(text api.CIDR) bool {
			block, err := netip.ParsePrefix(string(text))
			return err == nil && block.Contains(address)
		}) {
			continue
		}
		for key, value := range k8sutils.RemoveCiliumLabels(group.Labels) {
			label := labels.NewLabel(key, value, labels.LabelSourceCIDRGroup)
			found[label.Key] = label
			encoded := labels.EncodedCIDRGroupLabel(label.Key, label.Value, label.Source)
			found[encoded.Key] = encoded
		}
		label := api.LabelForCIDRGroupRef(group.Name)
		found[label.Key] = label
	}
	return found
}

// name returns an address that the DNS proxy has seen for a name. Where the address is not told, it is one of IPv4 that
// lies in no block smaller than that of all.
func (r *registry) name(text string) (*end, error) {
	name, at, isTold := strings.Cut(text, "@")
	found := cidrLabelsOf(netip.MustParsePrefix("0.0.0.0/0"))
	if isTold {
		address, err := netip.ParseAddr(at)
		if err != nil {
			return nil, err
		}
		found = r.outside(address)
	} else {
		found.AddWorldLabel(netip.IPv4Unspecified())
	}
	for _, selector := range r.names {
		pattern, err := selector.ToRegex()
		if err != nil {
			return nil, err
		}
		if pattern.MatchString(asFQDN(name)) {
			label := selector.IdentityLabel()
			found[label.Key] = label
		}
	}
	made := r.unpoliced(identity.IdentityScopeLocal, found)
	made.isName = true
	return made, nil
}

func asFQDN(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) + "." }

func (r *registry) unpoliced(scope identity.NumericIdentity, found labels.Labels) *end {
	made := identity.NewIdentity(scope+1+identity.NumericIdentity(len(r.made)), found)
	r.made[made.ID] = made.LabelArray
	return &end{identity: made, owner: r.owner(nil)}
}

func (r *registry) owner(ports pkgtypes.NamedPortMap) *owner {
	r.next++
	return &owner{id: r.next, ports: ports}
}

func cidrLabels(address netip.Addr) labels.Labels {
	return cidrLabelsOf(netip.PrefixFrom(address, address.BitLen()))
}

// cidrLabelsOf returns labels that can be written to: the engine keeps those that it hands out.
func cidrLabelsOf(block netip.Prefix) labels.Labels { return maps.Clone(labels.GetCIDRLabels(block)) }
