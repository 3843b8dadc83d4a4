// Reads Kubernetes objects as YAML from standard input and decodes each strictly into the type of the Kubernetes API: a
// field that does not exist, is given twice or has the wrong type is an error. Prints the objects as a JSON array, with
// everything gone that the types do not know. Objects of other APIs (of Prometheus', Grafana's and the autoscaler's
// operators) have no types here: of them only the form is checked.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// Groups whose types are not part of the Kubernetes API.
var foreign = map[string]bool{
	"monitoring.coreos.com":   true,
	"grafana.integreatly.org": true,
	"autoscaling.k8s.io":      true,
}

func main() {
	objects, err := decodeAll(os.Stdin)
	if err == nil {
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(objects)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func decodeAll(input io.Reader) ([]any, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{core.AddToScheme, apps.AddToScheme, networking.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	documents := yaml.NewYAMLReader(bufio.NewReader(input))
	objects := []any{}
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		object, err := decode(decoder, document)
		if err != nil {
			return nil, err
		}
		if object != nil {
			objects = append(objects, object)
		}
	}
}

func decode(decoder runtime.Decoder, document []byte) (any, error) {
	asJSON, err := sigsyaml.YAMLToJSONStrict(document)
	if err != nil || string(asJSON) == "null" {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	if err := json.Unmarshal(asJSON, &object.Object); err != nil {
		return nil, fmt.Errorf("no object: %w\n%s", err, document)
	}
	if object.GetKind() == "" || object.GetName() == "" {
		return nil, fmt.Errorf("an object has no kind or no name:\n%s", document)
	}
	name := object.GetKind() + " " + object.GetName()
	if foreign[object.GroupVersionKind().Group] {
		return object.Object, nil
	}
	typed, _, err := decoder.Decode(asJSON, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	delete(fields, "status")
	return fields, nil
}
