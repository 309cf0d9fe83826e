// The driver of the S3 encryption client of the AWS SDK for Go 1.x (s3crypto): one JSON request on each line of
// standard input, one JSON answer on standard output. A format is client and content cipher: `v1 CBC`, `v1 GCM`, `v2 GCM`.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/kms"
	"github.com/aws/aws-sdk-go/service/s3"
	"github.com/aws/aws-sdk-go/service/s3/s3crypto"
)

type request struct {
	Op, Bucket, Key, File, Storage, Format, Range string
	Legacy                                        bool
	Material                                      struct{ Kind, Key string }
}

type answer struct {
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
}

var (
	storage = session.Must(session.NewSession(&aws.Config{
		Endpoint: aws.String(os.Getenv("S3_ENDPOINT")), S3ForcePathStyle: aws.Bool(true)}))
	keys = kms.New(session.Must(session.NewSession(&aws.Config{Endpoint: aws.String(os.Getenv("KMS_ENDPOINT"))})))
)

func put(r request) error {
	file, err := os.Open(r.File)
	if err != nil {
		return err
	}
	defer file.Close()
	var save s3crypto.SaveStrategy = s3crypto.HeaderV2SaveStrategy{}
	if r.Storage == "instruction-file" {
		save = s3crypto.S3SaveStrategy{Client: s3.New(storage)}
	}
	input := &s3.PutObjectInput{Bucket: &r.Bucket, Key: &r.Key, Body: file}

	if r.Format == "v2 GCM" {
		generator := s3crypto.NewKMSContextKeyGenerator(keys, r.Material.Key, s3crypto.MaterialDescription{})
		client, err := s3crypto.NewEncryptionClientV2(storage, s3crypto.AESGCMContentCipherBuilderV2(generator),
			func(o *s3crypto.EncryptionClientOptions) { o.SaveStrategy = save })
		if err != nil {
			return err
		}
		_, err = client.PutObject(input)
		return err
	}
	generator := s3crypto.NewKMSKeyGenerator(keys, r.Material.Key)
	builder := s3crypto.AESGCMContentCipherBuilder(generator)
	if r.Format == "v1 CBC" {
		builder = s3crypto.AESCBCContentCipherBuilder(generator, s3crypto.AESCBCPadder)
	}
	client := s3crypto.NewEncryptionClient(storage, builder, func(c *s3crypto.EncryptionClient) { c.SaveStrategy = save })
	_, err = client.PutObject(input)
	return err
}

func get(r request) error {
	registry := s3crypto.NewCryptoRegistry()
	registrations := []error{
		s3crypto.RegisterKMSContextWrapWithCMK(registry, keys, r.Material.Key),
		s3crypto.RegisterAESGCMContentCipher(registry),
	}
	if r.Legacy {
		registrations = append(registrations,
			s3crypto.RegisterKMSWrapWithCMK(registry, keys, r.Material.Key),
			s3crypto.RegisterAESCBCContentCipher(registry, s3crypto.AESCBCPadder))
	}
	if err := errors.Join(registrations...); err != nil {
		return err
	}
	client, err := s3crypto.NewDecryptionClientV2(storage, registry)
	if err != nil {
		return err
	}
	input := &s3.GetObjectInput{Bucket: &r.Bucket, Key: &r.Key}
	if r.Range != "" {
		input.Range = &r.Range
	}
	object, err := client.GetObject(input)
	if err != nil {
		return err
	}
	defer object.Body.Close()
	plaintext, err := io.ReadAll(object.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(r.File, plaintext, 0o600)
}

func serve(line []byte) error {
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return err
	}
	if r.Material.Kind != "KMS" {
		return fmt.Errorf("the client has no key wrap for %s", r.Material.Kind)
	}
	if r.Op == "put" {
		return put(r)
	}
	return get(r)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		result := answer{OK: true}
		if err := serve(lines.Bytes()); err != nil {
			result = answer{Error: err.Error()}
		}
		if err := answers.Encode(result); err != nil {
			os.Exit(1)
		}
	}
}
