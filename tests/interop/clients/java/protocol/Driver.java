import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.LogManager;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** The line protocol of all drivers: one JSON request on each line of standard input, one JSON answer on standard output. */
final class Driver {
    static {
        LogManager.getLogManager().reset(); // warnings about legacy modes, which are wanted here
    }

    /** What a driver does; it throws where the client refuses. */
    interface Client {
        void put(Request request) throws Exception;

        /** The plaintext, of the range if the request has one. */
        byte[] get(Request request) throws Exception;

        /** Makes a second instruction file, of this suffix, for the holder of another RSA key. */
        default void share(Request request, Material other, String suffix) throws Exception {
            throw new UnsupportedOperationException("share");
        }
    }

    static final class Request {
        String op;
        String bucket;
        String key;
        String file;
        Material material;
        String storage;
        String format;
        boolean multipart;
        /** Whether the client is set to open what it no longer writes. */
        boolean legacy;
        /** The value of a Range header. */
        String range;
        /** Of `share`: the other key, and the suffix. */
        Material other;
        String suffix;

        boolean instructionFile() {
            return "instruction-file".equals(storage);
        }

        /** All that a client is made from. */
        String settings() {
            return new Gson().toJson(new Object[] {material, storage, format, multipart, legacy, range != null});
        }
    }

    static final class Material {
        String kind;
        String key;
        String publicKey;
        String privateKey;
        Map<String, String> description;

        SecretKey secretKey() {
            return new SecretKeySpec(Base64.getDecoder().decode(key), "AES");
        }

        KeyPair keyPair() throws Exception {
            KeyFactory factory = KeyFactory.getInstance("RSA");
            return new KeyPair(
                factory.generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(publicKey))),
                factory.generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(privateKey))));
        }
    }

    static String environment(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalStateException(name + " is not set: start this with tests/interop/with-servers");
        }
        return value;
    }

    static void serve(Client client) throws Exception {
        Gson gson = new Gson();
        PrintStream answers = System.out;
        System.setOut(System.err); // what a library prints is no answer
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            Request request = gson.fromJson(line, Request.class);
            Map<String, Object> answer = new LinkedHashMap<>();
            try {
                if (request.op.equals("put")) {
                    client.put(request);
                } else if (request.op.equals("share")) {
                    client.share(request, request.other, request.suffix);
                } else {
                    Files.write(Path.of(request.file), client.get(request));
                }
                answer.put("ok", true);
            } catch (Exception | LinkageError error) {
                answer.put("ok", false);
                answer.put("error", causes(error));
            }
            answers.println(gson.toJson(answer));
        }
        System.exit(0); // not waiting for the threads of clients
    }

    private static String causes(Throwable error) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            text.append(text.length() == 0 ? "" : " <- ").append(cause.getClass().getSimpleName()).append(": ").append(cause.getMessage());
        }
        return text.toString();
    }
}
