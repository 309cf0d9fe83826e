// What Java says of each set below a folder: whether it stores key and chain, and whether it takes
// the chain for a server's. Arguments: the folder, and the time in seconds since 1970.

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Date;
import java.util.HashSet;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

public class Sets {
    public static void main(String[] arguments) throws Exception {
        Date now = new Date(Long.parseLong(arguments[1]) * 1000);
        try (var folders = Files.list(Path.of(arguments[0]))) {
            for (Path folder : folders.toList()) {
                Path chain = folder.resolve("chain.pem");
                Path trusted = folder.resolve("trusted.pem");
                Path key = folder.resolve("key.der");
                say(folder, "store", () -> store(Files.readAllBytes(key), read(chain)));
                say(folder, "trust", () -> trust(read(chain), read(trusted), now));
            }
        }
    }

    interface Step {
        void run() throws Exception;
    }

    /** One line: the folder, the step, and what was thrown. */
    static void say(Path folder, String step, Step what) {
        String said = "accepted";
        try {
            what.run();
        } catch (Exception refused) {
            said = refused.toString().replaceAll("\\s+", " ");
        }
        System.out.println(folder.getFileName() + "\t" + step + "\t" + said);
    }

    static void store(byte[] key, X509Certificate[] chain) throws Exception {
        KeyFactory keys = KeyFactory.getInstance(chain[0].getPublicKey().getAlgorithm());
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        char[] password = "changeit".toCharArray();
        store.setKeyEntry("node", keys.generatePrivate(new PKCS8EncodedKeySpec(key)), password, chain);
    }

    static void trust(X509Certificate[] chain, X509Certificate[] trusted, Date now) throws Exception {
        Set<TrustAnchor> anchors = new HashSet<>();
        for (X509Certificate certificate : trusted) {
            anchors.add(new TrustAnchor(certificate, null));
        }
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, new X509CertSelector());
        parameters.setRevocationEnabled(false);
        parameters.setDate(now);
        parameters.setMaxPathLength(-1);
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(new CertPathTrustManagerParameters(parameters));
        X509TrustManager manager = (X509TrustManager) managers.getTrustManagers()[0];
        // What TLS 1.3 says: its key exchange does not depend on the certificate.
        manager.checkServerTrusted(chain, "UNKNOWN");
    }

    static X509Certificate[] read(Path file) throws Exception {
        CertificateFactory certificates = CertificateFactory.getInstance("X.509");
        try (InputStream in = Files.newInputStream(file)) {
            return certificates.generateCertificates(in).toArray(new X509Certificate[0]);
        }
    }
}
