import com.amazonaws.client.builder.AwsClientBuilder.EndpointConfiguration;
import com.amazonaws.services.kms.AWSKMS;
import com.amazonaws.services.kms.AWSKMSClientBuilder;
import com.amazonaws.services.s3.AmazonS3;
import com.amazonaws.services.s3.AmazonS3EncryptionClient;
import com.amazonaws.services.s3.AmazonS3EncryptionClientV2;
import com.amazonaws.services.s3.model.CompleteMultipartUploadRequest;
import com.amazonaws.services.s3.model.CryptoConfiguration;
import com.amazonaws.services.s3.model.CryptoConfigurationV2;
import com.amazonaws.services.s3.model.CryptoMode;
import com.amazonaws.services.s3.model.CryptoRangeGetMode;
import com.amazonaws.services.s3.model.CryptoStorageMode;
import com.amazonaws.services.s3.model.EncryptionMaterials;
import com.amazonaws.services.s3.model.EncryptionMaterialsProvider;
import com.amazonaws.services.s3.model.GetObjectRequest;
import com.amazonaws.services.s3.model.InitiateMultipartUploadRequest;
import com.amazonaws.services.s3.model.KMSEncryptionMaterialsProvider;
import com.amazonaws.services.s3.model.PartETag;
import com.amazonaws.services.s3.model.S3Object;
import com.amazonaws.services.s3.model.StaticEncryptionMaterialsProvider;
import com.amazonaws.services.s3.model.UploadPartRequest;
import com.amazonaws.util.IOUtils;
import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The encryption clients of the AWS SDK for Java 1.x. A format is the class and its mode: `v1 EncryptionOnly`,
 * `v1 AuthenticatedEncryption`, `v1 StrictAuthenticatedEncryption`, `v2 AuthenticatedEncryption`, `v2 StrictAuthenticatedEncryption`.
 */
@SuppressWarnings("deprecation")
final class Main implements Driver.Client {
    private static final long PART = 5 << 20;

    private final String region = Driver.environment("AWS_REGION");
    private final EndpointConfiguration s3 = new EndpointConfiguration(Driver.environment("S3_ENDPOINT"), region);
    private final AWSKMS kms = AWSKMSClientBuilder.standard()
        .withEndpointConfiguration(new EndpointConfiguration(Driver.environment("KMS_ENDPOINT"), region)).build();
    private final Map<String, AmazonS3> clients = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        Driver.serve(new Main());
    }

    @Override
    public void put(Driver.Request request) throws Exception {
        AmazonS3 client = client(request);
        File file = new File(request.file);
        if (request.multipart) {
            putParts(client, request, file);
        } else {
            client.putObject(request.bucket, request.key, file);
        }
    }

    private static void putParts(AmazonS3 client, Driver.Request request, File file) {
        String upload = client.initiateMultipartUpload(
            new InitiateMultipartUploadRequest(request.bucket, request.key)).getUploadId();
        List<PartETag> parts = new ArrayList<>();
        for (long offset = 0; offset < file.length(); offset += PART) {
            parts.add(client.uploadPart(new UploadPartRequest()
                .withBucketName(request.bucket).withKey(request.key).withUploadId(upload)
                .withPartNumber(parts.size() + 1).withFile(file).withFileOffset(offset)
                .withPartSize(Math.min(PART, file.length() - offset))
                .withLastPart(offset + PART >= file.length())).getPartETag());
        }
        client.completeMultipartUpload(new CompleteMultipartUploadRequest(request.bucket, request.key, upload, parts));
    }

    @Override
    public byte[] get(Driver.Request request) throws Exception {
        GetObjectRequest get = new GetObjectRequest(request.bucket, request.key);
        if (request.range != null) {
            String[] ends = request.range.substring("bytes=".length()).split("-");
            get.setRange(Long.parseLong(ends[0]), Long.parseLong(ends[1]));
        }
        try (S3Object object = client(request).getObject(get)) {
            return IOUtils.toByteArray(object.getObjectContent());
        }
    }

    private AmazonS3 client(Driver.Request request) throws Exception {
        AmazonS3 client = clients.get(request.settings());
        if (client == null) {
            String[] format = request.format.split(" ");
            CryptoMode mode = CryptoMode.valueOf(format[1]);
            CryptoStorageMode storage = request.instructionFile() ? CryptoStorageMode.InstructionFile : CryptoStorageMode.ObjectMetadata;
            client = format[0].equals("v1") ? v1(request, mode, storage) : v2(request, mode, storage);
            clients.put(request.settings(), client);
        }
        return client;
    }

    private AmazonS3 v1(Driver.Request request, CryptoMode mode, CryptoStorageMode storage) throws Exception {
        return AmazonS3EncryptionClient.encryptionBuilder()
            .withEncryptionMaterials(materials(request.material))
            .withCryptoConfiguration(new CryptoConfiguration(mode).withStorageMode(storage))
            .withKmsClient(kms).withEndpointConfiguration(s3).withPathStyleAccessEnabled(true).build();
    }

    private AmazonS3 v2(Driver.Request request, CryptoMode mode, CryptoStorageMode storage) throws Exception {
        return AmazonS3EncryptionClientV2.encryptionBuilder()
            .withEncryptionMaterialsProvider(materials(request.material))
            .withCryptoConfiguration(new CryptoConfigurationV2().withCryptoMode(mode).withStorageMode(storage)
                .withRangeGetMode(request.range == null ? CryptoRangeGetMode.DISABLED : CryptoRangeGetMode.ALL))
            .withKmsClient(kms).withEndpointConfiguration(s3).withPathStyleAccessEnabled(true).build();
    }

    private static EncryptionMaterialsProvider materials(Driver.Material material) throws Exception {
        switch (material.kind) {
            case "AES":
                return new StaticEncryptionMaterialsProvider(new EncryptionMaterials(material.secretKey()).addDescriptions(material.description));
            case "RSA":
                return new StaticEncryptionMaterialsProvider(new EncryptionMaterials(material.keyPair()).addDescriptions(material.description));
            default:
                return new KMSEncryptionMaterialsProvider(material.key);
        }
    }
}
