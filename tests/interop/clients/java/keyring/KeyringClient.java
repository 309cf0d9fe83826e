import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.encryption.s3.S3EncryptionClient;
import software.amazon.encryption.s3.internal.InstructionFileConfig;
import software.amazon.encryption.s3.internal.ReEncryptInstructionFileRequest;
import software.amazon.encryption.s3.materials.AesKeyring;
import software.amazon.encryption.s3.materials.Keyring;
import software.amazon.encryption.s3.materials.KmsKeyring;
import software.amazon.encryption.s3.materials.MaterialsDescription;
import software.amazon.encryption.s3.materials.PartialRsaKeyPair;
import software.amazon.encryption.s3.materials.RsaKeyring;

/** The driver of the S3 Encryption Client 3.x and 4.x. */
abstract class KeyringClient implements Driver.Client {
    private final S3Client s3 = plain();
    private final S3AsyncClient s3Async = S3AsyncClient.builder()
        .endpointOverride(URI.create(Driver.environment("S3_ENDPOINT"))).forcePathStyle(true).build();
    private final KmsClient kms = KmsClient.builder()
        .endpointOverride(URI.create(Driver.environment("KMS_ENDPOINT"))).build();
    private final Map<String, S3EncryptionClient> clients = new HashMap<>();

    /** A builder that writes and reads the format. */
    abstract S3EncryptionClient.Builder builder(String format);

    @Override
    public void put(Driver.Request request) throws Exception {
        client(request).putObject(
            PutObjectRequest.builder().bucket(request.bucket).key(request.key).build(),
            RequestBody.fromFile(Path.of(request.file)));
    }

    @Override
    public byte[] get(Driver.Request request) throws Exception {
        return client(request).getObject(
            GetObjectRequest.builder().bucket(request.bucket).key(request.key).range(request.range).build(),
            ResponseTransformer.toBytes()).asByteArray();
    }

    @Override
    public void share(Driver.Request request, Driver.Material other, String suffix) throws Exception {
        client(request).reEncryptInstructionFile(ReEncryptInstructionFileRequest.builder()
            .bucket(request.bucket).key(request.key).instructionFileSuffix(suffix)
            .newKeyring(RsaKeyring.builder().wrappingKeyPair(new PartialRsaKeyPair(other.keyPair())).materialsDescription(description(other)).build())
            .enforceRotation(true)
            .build());
    }

    private S3EncryptionClient client(Driver.Request request) throws Exception {
        S3EncryptionClient client = clients.get(request.settings());
        if (client == null) {
            client = builder(request.format)
                .wrappedClient(s3)
                .wrappedAsyncClient(s3Async)
                .keyring(keyring(request))
                .enableLegacyUnauthenticatedModes(request.legacy || request.range != null)
                .enableMultipartPutObject(request.multipart)
                .instructionFileConfig(InstructionFileConfig.builder()
                    .instructionFileClient(plain()).enableInstructionFilePutObject(request.instructionFile()).build())
                .build();
            clients.put(request.settings(), client);
        }
        return client;
    }

    /** Instruction files need one for each encryption client, since not every read gives its connection back: 50 are all of a pool. */
    private static S3Client plain() {
        return S3Client.builder().endpointOverride(URI.create(Driver.environment("S3_ENDPOINT"))).forcePathStyle(true).build();
    }

    private Keyring keyring(Driver.Request request) throws Exception {
        Driver.Material material = request.material;
        switch (material.kind) {
            case "AES":
                return AesKeyring.builder().wrappingKey(material.secretKey()).materialsDescription(description(material))
                    .enableLegacyWrappingAlgorithms(request.legacy).build();
            case "RSA":
                return RsaKeyring.builder().wrappingKeyPair(new PartialRsaKeyPair(material.keyPair())).materialsDescription(description(material))
                    .enableLegacyWrappingAlgorithms(request.legacy).build();
            default:
                return KmsKeyring.builder().kmsClient(kms).wrappingKeyId(material.key)
                    .enableLegacyWrappingAlgorithms(request.legacy).build();
        }
    }

    private static MaterialsDescription description(Driver.Material material) {
        return MaterialsDescription.builder().putAll(material.description).build();
    }
}
