import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.encryption.s3.S3EncryptionClient;

/** What `provost object put` and `get` do, by the Amazon S3 Encryption Client for Java 4.x, in its fastest settings. */
final class Transfer {
    private static final int TASKS = 8;

    public static void main(String[] arguments) throws Exception {
        URI endpoint = URI.create(System.getenv("TRANSFER_ENDPOINT"));
        byte[] key = Base64.getDecoder().decode(System.getenv("TRANSFER_KEY"));
        // Parts as they are encrypted, and plaintext as it arrives: its other mode keeps the whole object in memory.
        S3EncryptionClient client = S3EncryptionClient.builderV4()
            .wrappedClient(S3Client.builder().endpointOverride(endpoint).forcePathStyle(true).build())
            .wrappedAsyncClient(S3AsyncClient.builder().endpointOverride(endpoint).forcePathStyle(true).build())
            .aesKey(new SecretKeySpec(key, "AES"))
            .enableMultipartPutObject(true)
            .enableDelayedAuthenticationMode(true)
            .build();
        String bucket = arguments[1];
        String name = arguments[2];
        Path path = Path.of(arguments[3]);
        switch (arguments[0]) {
            case "put":
                put(client, bucket, name, path);
                break;
            case "get":
                get(client, bucket, name, path);
                break;
            case "put-folder":
                try (Stream<Path> files = Files.list(path)) {
                    all(files.collect(Collectors.toList()), file -> put(client, bucket, name + file.getFileName(), file));
                }
                break;
            default:
                Files.createDirectory(path);
                List<String> names = IntStream.range(0, Integer.parseInt(arguments[4]))
                    .mapToObj(number -> String.format("%05d", number)).collect(Collectors.toList());
                all(names, object -> get(client, bucket, name + object, path.resolve(object)));
        }
        System.exit(0); // not waiting for the threads of clients
    }

    private static void put(S3EncryptionClient client, String bucket, String name, Path file) {
        client.putObject(request -> request.bucket(bucket).key(name), RequestBody.fromFile(file));
    }

    private static void get(S3EncryptionClient client, String bucket, String name, Path file) {
        client.getObject(request -> request.bucket(bucket).key(name), ResponseTransformer.toFile(file));
    }

    private interface Task<T> {
        void run(T item) throws Exception;
    }

    private static <T> void all(List<T> items, Task<T> task) throws Exception {
        ExecutorService tasks = Executors.newFixedThreadPool(TASKS);
        List<Future<?>> started = items.stream().map(item -> tasks.submit(() -> {
            task.run(item);
            return null;
        })).collect(Collectors.toList());
        for (Future<?> one : started) {
            one.get();
        }
    }
}
