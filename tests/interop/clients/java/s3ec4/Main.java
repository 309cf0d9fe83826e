import software.amazon.encryption.s3.CommitmentPolicy;
import software.amazon.encryption.s3.S3EncryptionClient;
import software.amazon.encryption.s3.algorithms.AlgorithmSuite;

/** Amazon S3 Encryption Client for Java 4.x: writes V3 as it comes, and V2 if its policy says so. */
final class Main extends KeyringClient {
    public static void main(String[] arguments) throws Exception {
        Driver.serve(new Main());
    }

    @Override
    S3EncryptionClient.Builder builder(String format) {
        if (format.equals("V3")) {
            return S3EncryptionClient.builderV4();
        }
        return S3EncryptionClient.builderV4()
            .encryptionAlgorithm(AlgorithmSuite.ALG_AES_256_GCM_IV12_TAG16_NO_KDF)
            .commitmentPolicy(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT);
    }
}
