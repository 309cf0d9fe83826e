import software.amazon.encryption.s3.S3EncryptionClient;

/** Amazon S3 Encryption Client for Java 3.x: writes V2. */
final class Main extends KeyringClient {
    public static void main(String[] arguments) throws Exception {
        Driver.serve(new Main());
    }

    @Override
    S3EncryptionClient.Builder builder(String format) {
        return S3EncryptionClient.builder();
    }
}
