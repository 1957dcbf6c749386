package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	yamlstream "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
	clusternetworkpolicy "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha2"
	policyv1alpha2 "sigs.k8s.io/network-policy-api/apis/v1alpha2"
	policyclient "sigs.k8s.io/network-policy-api/pkg/client/clientset/versioned"
	policyinformers "sigs.k8s.io/network-policy-api/pkg/client/informers/externalversions"
	"sigs.k8s.io/yaml"
)

// engineOf returns the engine as the project's own command sets it up, with the objects of a YAML stream.
func engineOf(manifests string) (*networkpolicy.PolicyEngine, error) {
	// The client is never used: the informers are filled by hand and not started.
	factory := informers.NewSharedInformerFactory(kubernetes.NewForConfigOrDie(&rest.Config{}), 0)
	namespaces, pods := factory.Core().V1().Namespaces(), factory.Core().V1().Pods()
	policies := factory.Networking().V1().NetworkPolicies()
	clusterwide := policyinformers.NewSharedInformerFactory(policyclient.NewForConfigOrDie(&rest.Config{}), 0).
		Policy().V1alpha2().ClusterNetworkPolicies()
	resolver, err := podinfo.NewInformerResolver(pods.Informer())
	if err != nil {
		return nil, err
	}
	store := store{
		namespaces:  namespaces.Informer().GetIndexer(),
		pods:        pods.Informer().GetIndexer(),
		policies:    policies.Informer().GetIndexer(),
		clusterwide: clusterwide.Informer().GetIndexer(),
	}
	if err := store.read(manifests); err != nil {
		return nil, err
	}
	provider := podinfo.NewInformerProvider(pods, namespaces, nil, []podinfo.IPResolver{resolver})
	standard := networkpolicy.NewStandardNetworkPolicy("node", namespaces, pods, policies)
	tier := func(name policyv1alpha2.Tier) api.PolicyEvaluator {
		return clusternetworkpolicy.NewClusterNetworkPolicy(name, clusterwide, nil, factory.Core().V1().Nodes().Lister())
	}
	evaluators := []api.PolicyEvaluator{tier(policyv1alpha2.AdminTier), standard, tier(policyv1alpha2.BaselineTier)}
	return networkpolicy.NewPolicyEngine(provider, evaluators), nil
}

// store is what the API server would hold: objects with its defaults, and what a write and a read make of them.
type store struct{ namespaces, pods, policies, clusterwide cache.Indexer }

func (s store) read(manifests string) error {
	documents := yamlstream.NewYAMLReader(bufio.NewReader(strings.NewReader(manifests)))
	for number := 1; ; number++ {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return s.whole()
		}
		if err == nil && len(bytes.TrimSpace(document)) > 0 {
			err = s.add(document)
		}
		if err != nil {
			return fmt.Errorf("document %d: %w", number, err)
		}
	}
}

func (s store) add(document []byte) error {
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal(document, &kind); err != nil {
		return err
	}
	switch kind.APIVersion + " " + kind.Kind {
	case "v1 Namespace":
		object := &v1.Namespace{}
		return put(s.namespaces, document, object, func() { defaultNamespace(object) })
	case "v1 Pod":
		object := &v1.Pod{}
		return put(s.pods, document, object, func() { defaultPod(object) })
	case "networking.k8s.io/v1 NetworkPolicy":
		object := &networkingv1.NetworkPolicy{}
		return put(s.policies, document, object, func() { defaultPolicy(object) })
	case "policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy":
		object := &policyv1alpha2.ClusterNetworkPolicy{}
		if err := yaml.UnmarshalStrict(document, object); err != nil {
			return err
		}
		return keep(s.clusterwide, object)
	case "v1 Service", "networking.k8s.io/v1 Ingress":
		return nil // packets to pods do not pass them
	}
	return fmt.Errorf("%s %s is not read", kind.APIVersion, kind.Kind)
}

type stored interface {
	metav1.Object
	Marshal() ([]byte, error)
	Unmarshal([]byte) error
	Reset()
}

func put(indexer cache.Indexer, document []byte, object stored, setDefaults func()) error {
	if err := yaml.UnmarshalStrict(document, object); err != nil {
		return err
	}
	setDefaults()
	// In the API server's storage an empty list is no list, which the engine relies on.
	bytes, err := object.Marshal()
	if err != nil {
		return err
	}
	object.Reset()
	if err := object.Unmarshal(bytes); err != nil {
		return err
	}
	return keep(indexer, object)
}

func keep(indexer cache.Indexer, object metav1.Object) error {
	if _, exists, _ := indexer.Get(object); exists {
		return fmt.Errorf("there is another %s/%s", object.GetNamespace(), object.GetName())
	}
	return indexer.Add(object)
}

// whole returns an error where an object stands in a namespace that is not there.
func (s store) whole() error {
	for _, object := range append(s.pods.List(), s.policies.List()...) {
		name := object.(metav1.Object).GetNamespace()
		if _, exists, _ := s.namespaces.GetByKey(name); !exists {
			return fmt.Errorf("there is no namespace %q", name)
		}
	}
	for _, object := range s.clusterwide.List() {
		if name := object.(metav1.Object).GetNamespace(); name != "" {
			return fmt.Errorf("a ClusterNetworkPolicy is in no namespace, and not in %q", name)
		}
	}
	return nil
}

func defaultNamespace(namespace *v1.Namespace) {
	if namespace.Labels == nil {
		namespace.Labels = map[string]string{}
	}
	namespace.Labels[v1.LabelMetadataName] = namespace.Name
}

func defaultPod(pod *v1.Pod) {
	if len(pod.Status.PodIPs) == 0 && pod.Status.PodIP != "" {
		pod.Status.PodIPs = []v1.PodIP{{IP: pod.Status.PodIP}}
	}
	for _, containers := range [][]v1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for _, container := range containers {
			for i := range container.Ports {
				if container.Ports[i].Protocol == "" {
					container.Ports[i].Protocol = v1.ProtocolTCP
				}
			}
		}
	}
}

func defaultPolicy(policy *networkingv1.NetworkPolicy) {
	spec := &policy.Spec
	if len(spec.PolicyTypes) == 0 {
		spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(spec.Egress) > 0 {
			spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	for _, rule := range spec.Ingress {
		defaultPorts(rule.Ports)
	}
	for _, rule := range spec.Egress {
		defaultPorts(rule.Ports)
	}
}

func defaultPorts(ports []networkingv1.NetworkPolicyPort) {
	for i := range ports {
		if ports[i].Protocol == nil {
			protocol := v1.ProtocolTCP
			ports[i].Protocol = &protocol
		}
	}
}
