package main

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/projectcalico/calico/libcalico-go/lib/backend/k8s/conversion"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/model"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/syncersv1/updateprocessors"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/watchersyncer"
)

// nodeName is the node on which all pods run, so that the engine computes the policies of all.
const nodeName = "node"

// subjects are namespaces, ServiceAccounts, pods and the endpoints of Services as Felix reads them.
func (c *cluster) subjects() (found []*model.KVPair, err error) {
	converter := conversion.NewConverter()
	profiles := updateprocessors.NewProfileUpdateProcessor()
	endpoints := updateprocessors.NewWorkloadEndpointUpdateProcessor()
	add := func(processor watchersyncer.SyncerUpdateProcessor, one *model.KVPair, err error) error {
		if err != nil {
			return err
		}
		made, err := processor.Process(one)
		found = append(found, made...)
		return err
	}
	for _, namespace := range sorted(c.namespaces) {
		stored(&namespace.ObjectMeta, "Namespace")
		one, err := converter.NamespaceToProfile(namespace)
		if err := add(profiles, one, err); err != nil {
			return nil, err
		}
	}
	for _, account := range sorted(c.accounts) {
		stored(&account.ObjectMeta, "ServiceAccount")
		one, err := converter.ServiceAccountToProfile(account)
		if err := add(profiles, one, err); err != nil {
			return nil, err
		}
	}
	for _, pod := range sorted(c.pods) {
		if pod.Spec.HostNetwork {
			continue
		}
		made, err := converter.PodToWorkloadEndpoints(running(pod))
		if err != nil {
			return nil, err
		}
		for _, one := range made {
			if err := add(endpoints, one, nil); err != nil {
				return nil, err
			}
		}
	}
	services, err := c.endpointSlices(converter)
	return append(found, services...), err
}

func sorted[T any](objects map[string]*T) (found []*T) {
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		found = append(found, objects[key])
	}
	return found
}

// stored adds what the API server adds to an object that it stores.
func stored(object *metav1.ObjectMeta, kind string) {
	sum := sha256.Sum256([]byte(kind + " " + object.Namespace + "/" + object.Name))
	object.UID = types.UID(fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
	object.ResourceVersion = "1"
}

// running returns a pod as the kubelet reports it.
func running(pod *corev1.Pod) *corev1.Pod {
	stored(&pod.ObjectMeta, "Pod")
	pod.Spec.NodeName = nodeName
	pod.Status.Phase = corev1.PodRunning
	if pod.Status.PodIP == "" && len(pod.Status.PodIPs) > 0 {
		pod.Status.PodIP = pod.Status.PodIPs[0].IP
	}
	return pod
}

// endpointSlices makes what the control plane makes of the Services that have a selector: a slice for each pod and
// family, in which a port that is named has the number of that pod.
func (c *cluster) endpointSlices(converter conversion.Converter) (found []*model.KVPair, err error) {
	for _, service := range sorted(c.services) {
		stored(&service.ObjectMeta, "Service")
		one, err := converter.ServiceToKVP(service)
		if err != nil {
			return nil, err
		}
		found = append(found, one)
		selector := labels.SelectorFromSet(service.Spec.Selector)
		for _, pod := range sorted(c.pods) {
			if len(service.Spec.Selector) == 0 || pod.Namespace != service.Namespace ||
				!selector.Matches(labels.Set(pod.Labels)) {
				continue
			}
			for i, address := range pod.Status.PodIPs {
				slice := &discoveryv1.EndpointSlice{
					ObjectMeta: metav1.ObjectMeta{
						Namespace: service.Namespace,
						Name:      fmt.Sprintf("%s-%s-%d", service.Name, pod.Name, i),
						Labels:    map[string]string{discoveryv1.LabelServiceName: service.Name},
					},
					AddressType: discoveryv1.AddressTypeIPv4,
					Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{address.IP}}},
					Ports:       endpointPorts(service, pod),
				}
				if netip.MustParseAddr(address.IP).Is6() {
					slice.AddressType = discoveryv1.AddressTypeIPv6
				}
				stored(&slice.ObjectMeta, "EndpointSlice")
				one, err := converter.EndpointSliceToKVP(slice)
				if err != nil {
					return nil, err
				}
				found = append(found, one)
			}
		}
	}
	return found, nil
}

// endpointPorts are the ports of a Service on one of its pods; one that the pod does not name is none of them.
func endpointPorts(service *corev1.Service, pod *corev1.Pod) (found []discoveryv1.EndpointPort) {
	for _, one := range service.Spec.Ports {
		protocol, number := one.Protocol, one.TargetPort.IntVal
		if protocol == "" {
			protocol = corev1.ProtocolTCP
		}
		if one.TargetPort.Type == intstr.String {
			number = numberOf(pod, one.TargetPort.StrVal, protocol)
			if number == 0 {
				continue
			}
		} else if number == 0 {
			number = one.Port
		}
		found = append(found, discoveryv1.EndpointPort{Name: &one.Name, Protocol: &protocol, Port: &number})
	}
	return found
}

func numberOf(pod *corev1.Pod, name string, protocol corev1.Protocol) int32 {
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == name && port.Protocol == protocol {
				return port.ContainerPort
			}
		}
	}
	return 0
}
