package main

import (
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	v3 "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/k8s/conversion"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/model"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/syncersv1/updateprocessors"
	"github.com/projectcalico/calico/libcalico-go/lib/backend/watchersyncer"
	validator "github.com/projectcalico/calico/libcalico-go/lib/validator/v3"
)

// policy is what one object adds: values for Felix, of one tier where it is a policy, or a tier.
type policy struct {
	values []*model.KVPair
	tier   string
	made   *tier
}

// parsers read an object each, by API version and kind.
var parsers = map[string]func(document) (policy, error){
	"networking.k8s.io/v1 NetworkPolicy":                 networkPolicy,
	"projectcalico.org/v3 NetworkPolicy":                 calicoPolicy,
	"projectcalico.org/v3 GlobalNetworkPolicy":           globalPolicy,
	"projectcalico.org/v3 Tier":                          tierObject,
	"projectcalico.org/v3 NetworkSet":                    networkSet,
	"projectcalico.org/v3 GlobalNetworkSet":              globalSet,
	"projectcalico.org/v3 StagedNetworkPolicy":           staged(calicoPolicy),
	"projectcalico.org/v3 StagedGlobalNetworkPolicy":     staged(globalPolicy),
	"projectcalico.org/v3 StagedKubernetesNetworkPolicy": staged(networkPolicy),
}

// parse returns an error where the API server or Calico does not take the object.
func parse(found document) (made policy, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the validator panics: %v", fault)
		}
	}()
	if faults := validation.IsDNS1123Subdomain(found.Name); len(faults) > 0 {
		return made, fmt.Errorf("metadata.name: %s", faults[0])
	}
	return parsers[found.APIVersion+" "+found.Kind](found)
}

func networkPolicy(found document) (policy, error) {
	object := &networkingv1.NetworkPolicy{}
	if err := found.decode(object); err != nil {
		return policy{}, err
	}
	defaultPolicy(object)
	stored(&object.ObjectMeta, found.Kind)
	one, err := conversion.NewConverter().K8sNetworkPolicyToCalico(object)
	if err != nil {
		return policy{}, err
	}
	values, err := updateprocessors.NewNetworkPolicyUpdateProcessor().Process(one)
	return policy{values: values, tier: defaultTier}, err
}

// defaultPolicy sets what the API server fills in.
func defaultPolicy(object *networkingv1.NetworkPolicy) {
	spec := &object.Spec
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
			protocol := corev1.ProtocolTCP
			ports[i].Protocol = &protocol
		}
	}
}

func calicoPolicy(found document) (policy, error) {
	plain, tier, err := withoutTier(found)
	if err != nil {
		return policy{}, err
	}
	object := v3.NewNetworkPolicy()
	if err := plain.decode(object); err != nil {
		return policy{}, err
	}
	defaultTypes(object.Spec.Ingress, object.Spec.Egress, &object.Spec.Types)
	values, err := processed(object, &object.ObjectMeta, v3.KindNetworkPolicy, updateprocessors.NewNetworkPolicyUpdateProcessor())
	return policy{values: values, tier: tier}, err
}

func globalPolicy(found document) (policy, error) {
	plain, tier, err := withoutTier(found)
	if err != nil {
		return policy{}, err
	}
	object := v3.NewGlobalNetworkPolicy()
	if err := plain.decode(object); err != nil {
		return policy{}, err
	}
	if object.Spec.PreDNAT || object.Spec.DoNotTrack || object.Spec.ApplyOnForward {
		return policy{}, fmt.Errorf("this program has no host endpoints, so no policies for them")
	}
	defaultTypes(object.Spec.Ingress, object.Spec.Egress, &object.Spec.Types)
	processor := updateprocessors.NewGlobalNetworkPolicyUpdateProcessor()
	values, err := processed(object, &object.ObjectMeta, v3.KindGlobalNetworkPolicy, processor)
	return policy{values: values, tier: tier}, err
}

// defaultTypes sets the directions as the API server does.
func defaultTypes(ingress, egress []v3.Rule, found *[]v3.PolicyType) {
	switch {
	case len(*found) > 0:
	case len(egress) == 0:
		*found = []v3.PolicyType{v3.PolicyTypeIngress}
	case len(ingress) == 0:
		*found = []v3.PolicyType{v3.PolicyTypeEgress}
	default:
		*found = []v3.PolicyType{v3.PolicyTypeIngress, v3.PolicyTypeEgress}
	}
}

func networkSet(found document) (policy, error) {
	object := v3.NewNetworkSet()
	if err := found.decode(object); err != nil {
		return policy{}, err
	}
	processor := updateprocessors.NewNetworkSetUpdateProcessor()
	values, err := processed(object, &object.ObjectMeta, v3.KindNetworkSet, processor)
	return policy{values: values}, err
}

func globalSet(found document) (policy, error) {
	object := v3.NewGlobalNetworkSet()
	if err := found.decode(object); err != nil {
		return policy{}, err
	}
	processor := updateprocessors.NewGlobalNetworkSetUpdateProcessor()
	values, err := processed(object, &object.ObjectMeta, v3.KindGlobalNetworkSet, processor)
	return policy{values: values}, err
}

// processed validates an object and makes of it what Felix reads.
func processed(
	object any, meta *metav1.ObjectMeta, kind string, processor watchersyncer.SyncerUpdateProcessor,
) ([]*model.KVPair, error) {
	if err := validator.Validate(object); err != nil {
		return nil, err
	}
	key := model.ResourceKey{Kind: kind, Namespace: meta.Namespace, Name: meta.Name}
	return processor.Process(&model.KVPair{Key: key, Value: object, Revision: "1"})
}

// withoutTier takes the tier out of a policy, and out of its name: the engine's release has neither, and refuses both.
func withoutTier(found document) (plain document, tier string, err error) {
	var object map[string]any
	if err := json.Unmarshal(found.json, &object); err != nil {
		return plain, "", err
	}
	tier = defaultTier
	if spec, ok := object["spec"].(map[string]any); ok {
		if value, exists := spec["tier"]; exists {
			if tier, ok = value.(string); !ok || tier == "" {
				return plain, "", fmt.Errorf("spec.tier: %v", value)
			}
			delete(spec, "tier")
		}
	}
	name, isPrefixed := strings.CutPrefix(found.Name, tier+".")
	if !isPrefixed && (tier != defaultTier || strings.Contains(name, ".")) {
		// the releases up to 3.31 refuse it: libcalico-go/lib/names/policy.go, ValidateTieredPolicyName
		return plain, "", fmt.Errorf("metadata.name: a policy in tier %s must be named %s.NAME", tier, tier)
	}
	object["metadata"].(map[string]any)["name"] = name
	plain = found
	plain.Name = name
	plain.json, err = json.Marshal(object)
	return plain, tier, err
}

// staged returns a parser that refuses what *parse* refuses, but adds nothing: a staged policy is never enforced.
func staged(parse func(document) (policy, error)) func(document) (policy, error) {
	return func(found document) (policy, error) {
		var object map[string]any
		if err := json.Unmarshal(found.json, &object); err != nil {
			return policy{}, err
		}
		object["kind"] = strings.TrimPrefix(strings.Replace(found.Kind, "Kubernetes", "", 1), "Staged")
		if spec, ok := object["spec"].(map[string]any); ok {
			switch action := spec["stagedAction"]; action {
			case nil, "Set":
			case "Delete":
				if len(spec) > 1 {
					return policy{}, fmt.Errorf("spec.stagedAction: a policy that is to go has no other field")
				}
			default:
				return policy{}, fmt.Errorf("spec.stagedAction: %v", action)
			}
			delete(spec, "stagedAction")
		}
		plain, err := json.Marshal(object)
		if err != nil {
			return policy{}, err
		}
		found.json = plain
		_, err = parse(found)
		return policy{}, err
	}
}
