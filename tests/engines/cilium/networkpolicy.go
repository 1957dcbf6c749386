package main

import (
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
)

// defaultPolicy sets what the API server fills in.
func defaultPolicy(policy *networkingv1.NetworkPolicy) {
	spec := &policy.Spec
	if len(spec.PolicyTypes) == 0 {
		spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(spec.Egress) > 0 {
			spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	for _, ports := range portsOf(policy) {
		for i := range ports {
			if ports[i].Protocol == nil {
				protocol := corev1.ProtocolTCP
				ports[i].Protocol = &protocol
			}
		}
	}
}

func portsOf(policy *networkingv1.NetworkPolicy) (found [][]networkingv1.NetworkPolicyPort) {
	for _, rule := range policy.Spec.Ingress {
		found = append(found, rule.Ports)
	}
	for _, rule := range policy.Spec.Egress {
		found = append(found, rule.Ports)
	}
	return found
}

func peersOf(policy *networkingv1.NetworkPolicy) (found []networkingv1.NetworkPolicyPeer) {
	for _, rule := range policy.Spec.Ingress {
		found = append(found, rule.From...)
	}
	for _, rule := range policy.Spec.Egress {
		found = append(found, rule.To...)
	}
	return found
}

// validPolicy returns an error for what the API server refuses; its own code for that is in no module.
func validPolicy(policy *networkingv1.NetworkPolicy) error {
	if err := validSelector(&policy.Spec.PodSelector); err != nil {
		return fmt.Errorf("podSelector: %w", err)
	}
	for _, one := range policy.Spec.PolicyTypes {
		if one != networkingv1.PolicyTypeIngress && one != networkingv1.PolicyTypeEgress {
			return fmt.Errorf("policyTypes: %q", one)
		}
	}
	for _, ports := range portsOf(policy) {
		for _, port := range ports {
			if err := validPort(port); err != nil {
				return err
			}
		}
	}
	for _, peer := range peersOf(policy) {
		if err := validPeer(peer); err != nil {
			return err
		}
	}
	return nil
}

func validSelector(selector *metav1.LabelSelector) error {
	_, err := metav1.LabelSelectorAsSelector(selector)
	return err
}

func validPort(port networkingv1.NetworkPolicyPort) error {
	switch *port.Protocol {
	case corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP:
	default:
		return fmt.Errorf("protocol: %q", *port.Protocol)
	}
	var faults []string
	switch {
	case port.Port == nil && port.EndPort != nil:
		faults = []string{"endPort without port"}
	case port.Port == nil:
	case port.Port.Type == intstr.String && port.EndPort != nil:
		faults = []string{"endPort with a named port"}
	case port.Port.Type == intstr.String:
		faults = validation.IsValidPortName(port.Port.StrVal)
	case port.EndPort != nil && (*port.EndPort < port.Port.IntVal || *port.EndPort > 65535):
		faults = []string{"endPort below port or above 65535"}
	default:
		faults = validation.IsValidPortNum(int(port.Port.IntVal))
	}
	if len(faults) > 0 {
		return fmt.Errorf("port: %s", faults[0])
	}
	return nil
}

func validPeer(peer networkingv1.NetworkPolicyPeer) error {
	for _, selector := range []*metav1.LabelSelector{peer.PodSelector, peer.NamespaceSelector} {
		if err := validSelector(selector); err != nil {
			return fmt.Errorf("peer: %w", err)
		}
	}
	hasPods := peer.PodSelector != nil || peer.NamespaceSelector != nil
	if hasPods == (peer.IPBlock != nil) {
		return fmt.Errorf("peer: must be pods or a block")
	}
	if hasPods {
		return nil
	}
	block, err := netip.ParsePrefix(peer.IPBlock.CIDR)
	if err != nil {
		return fmt.Errorf("ipBlock: %w", err)
	}
	for _, text := range peer.IPBlock.Except {
		except, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("ipBlock: %w", err)
		}
		if !block.Contains(except.Addr()) || except.Bits() <= block.Bits() {
			return fmt.Errorf("ipBlock: %s is no part of %s", text, peer.IPBlock.CIDR)
		}
	}
	return nil
}
