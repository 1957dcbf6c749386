package main

import (
	"fmt"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	kjson "sigs.k8s.io/json"

	"github.com/cilium/cilium/pkg/k8s/apis/cilium.io/client"
)

// schemas are what the API server knows of Cilium's kinds, by version and kind. Their one rule in CEL, that a policy has
// a spec or specs, is one of the agent's too.
type schemas map[string]kindSchema

type kindSchema struct {
	fields    *schema.Structural
	validator validation.SchemaValidator
}

func readSchemas() (schemas, error) {
	definitions := map[string]string{
		ciliumPolicy:      client.CNPCRDName,
		clusterwidePolicy: client.CCNPCRDName,
		cidrGroup:         client.CCGCRDName,
	}
	made := schemas{}
	for kind, name := range definitions {
		one, err := schemaOf(kind, client.GetPregeneratedCRD(logger, name))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		made[kind] = one
	}
	return made, nil
}

func schemaOf(kind string, definition apiextensionsv1.CustomResourceDefinition) (kindSchema, error) {
	for _, version := range definition.Spec.Versions {
		if !strings.HasPrefix(kind, definition.Spec.Group+"/"+version.Name+" ") {
			continue
		}
		internal := &apiextensions.CustomResourceValidation{}
		err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(
			version.Schema, internal, nil)
		if err != nil {
			return kindSchema{}, err
		}
		fields, err := schema.NewStructural(internal.OpenAPIV3Schema)
		if err != nil {
			return kindSchema{}, err
		}
		validator, _, err := validation.NewSchemaValidator(internal.OpenAPIV3Schema)
		return kindSchema{fields: fields, validator: validator}, err
	}
	return kindSchema{}, fmt.Errorf("its definition has no such version")
}

// admit returns an object as the API server stores it, with strict field validation.
func (s schemas) admit(found document) (map[string]any, error) {
	one := s[found.APIVersion+" "+found.Kind]
	var object map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(found.json, &object); err != nil {
		return nil, err
	}
	unknown := pruning.PruneWithOptions(object, one.fields, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	if len(unknown) > 0 {
		return nil, fmt.Errorf("unknown field %s", strings.Join(unknown, ", "))
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(object, one.fields)
	defaulting.Default(object, one.fields)
	if faults := validation.ValidateCustomResource(nil, object, one.validator); len(faults) > 0 {
		return nil, faults.ToAggregate()
	}
	return object, nil
}
