package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	yamlstream "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// cluster is what was read. Policies are still as they were written: the engine reads them, and may refuse some.
type cluster struct {
	namespaces map[string]*corev1.Namespace
	accounts   map[string]*corev1.ServiceAccount
	pods       map[string]*corev1.Pod
	addresses  map[netip.Addr]*corev1.Pod
	services   map[string]*corev1.Service
	policies   []document
	names      map[string]bool
}

// document is an object, as JSON.
type document struct {
	metav1.TypeMeta
	metav1.ObjectMeta
	json []byte
}

func read(manifests string) (*cluster, error) {
	c := &cluster{
		namespaces: map[string]*corev1.Namespace{},
		accounts:   map[string]*corev1.ServiceAccount{},
		pods:       map[string]*corev1.Pod{},
		addresses:  map[netip.Addr]*corev1.Pod{},
		services:   map[string]*corev1.Service{},
		names:      map[string]bool{},
	}
	documents := yamlstream.NewYAMLReader(bufio.NewReader(strings.NewReader(manifests)))
	for number := 1; ; number++ {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return c, c.whole()
		}
		if err == nil {
			err = c.add(text)
		}
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", number, err)
		}
	}
}

func (c *cluster) add(text []byte) error {
	found, err := documentOf(text)
	if err != nil || found.json == nil {
		return err
	}
	kind := found.APIVersion + " " + found.Kind
	if name := strings.Join([]string{kind, found.Namespace, found.Name}, " "); c.names[name] {
		return fmt.Errorf("there is another %s %s", found.Kind, found.key())
	} else {
		c.names[name] = true
	}
	switch kind {
	case "v1 Namespace":
		return c.addNamespace(found)
	case "v1 ServiceAccount":
		account := &corev1.ServiceAccount{}
		c.accounts[found.key()] = account
		return found.decode(account)
	case "v1 Pod":
		return c.addPod(found)
	case "v1 Service":
		service := &corev1.Service{}
		c.services[found.key()] = service
		return found.decode(service)
	case "networking.k8s.io/v1 Ingress":
		return nil // connections to pods do not pass it
	}
	if _, isPolicy := parsers[kind]; isPolicy {
		c.policies = append(c.policies, found)
		return nil
	}
	return fmt.Errorf("%s is not read", kind)
}

// documentOf returns the object of a YAML document; without JSON where it holds none.
func documentOf(text []byte) (document, error) {
	var found document
	raw, err := yaml.YAMLToJSONStrict(text)
	if err != nil || bytes.Equal(raw, []byte("null")) {
		return found, err
	}
	var head struct {
		metav1.TypeMeta
		Metadata json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return found, err
	}
	found.TypeMeta, found.json = head.TypeMeta, raw
	return found, strict(head.Metadata, &found.ObjectMeta)
}

func (d document) key() string { return d.Namespace + "/" + d.Name }

func (d document) decode(object any) error { return strict(d.json, object) }

// strict decodes JSON and refuses fields that are unknown, given twice or written in another case.
func strict(raw []byte, object any) error {
	faults, err := kjson.UnmarshalStrict(raw, object)
	return errors.Join(append(faults, err)...)
}

func (c *cluster) addNamespace(found document) error {
	namespace := &corev1.Namespace{}
	if err := found.decode(namespace); err != nil {
		return err
	}
	if namespace.Labels == nil {
		namespace.Labels = map[string]string{}
	}
	namespace.Labels[corev1.LabelMetadataName] = namespace.Name
	c.namespaces[namespace.Name] = namespace
	return nil
}

// addPod adds a pod with what the API server fills in.
func (c *cluster) addPod(found document) error {
	pod := &corev1.Pod{}
	if err := found.decode(pod); err != nil {
		return err
	}
	if pod.Spec.ServiceAccountName == "" {
		pod.Spec.ServiceAccountName = "default"
	}
	for _, containers := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for _, container := range containers {
			for i := range container.Ports {
				if container.Ports[i].Protocol == "" {
					container.Ports[i].Protocol = corev1.ProtocolTCP
				}
			}
		}
	}
	if len(pod.Status.PodIPs) == 0 && pod.Status.PodIP != "" {
		pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	}
	for _, one := range pod.Status.PodIPs {
		address, err := netip.ParseAddr(one.IP)
		if err != nil {
			return err
		}
		if other := c.addresses[address]; other != nil && !(other.Spec.HostNetwork && pod.Spec.HostNetwork) {
			return fmt.Errorf("another pod has the address %s", address)
		}
		c.addresses[address] = pod
	}
	c.pods[found.key()] = pod
	return nil
}

// whole returns an error where an object stands in a namespace that is not there, or has one and should not. It adds
// the ServiceAccounts without which there are no such pods.
func (c *cluster) whole() error {
	for name := range c.names {
		parts := strings.Split(name, " ") // version, kind, namespace, name
		_, exists := c.namespaces[parts[2]]
		switch parts[1] {
		case "Namespace", "GlobalNetworkPolicy", "StagedGlobalNetworkPolicy", "Tier", "GlobalNetworkSet":
			exists = parts[2] == ""
		}
		if !exists {
			return fmt.Errorf("there is no %s %q in a namespace %q", parts[1], parts[3], parts[2])
		}
	}
	for _, pod := range c.pods {
		account := metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Spec.ServiceAccountName}
		if key := account.Namespace + "/" + account.Name; c.accounts[key] == nil {
			c.accounts[key] = &corev1.ServiceAccount{ObjectMeta: account}
		}
	}
	return nil
}
