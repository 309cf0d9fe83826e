//! The guide's three files, for programs that read PEM.

use super::{Access, FileName, RenderedFile, RenderedFiles};
use crate::tls::{ArtifactFile, TlsArtifacts};

/// `privateKey.pem`, `certificateChain.pem`, and `trustedCertificates.pem` where there are trusted
/// certificates.
pub fn pem(artifacts: &TlsArtifacts) -> RenderedFiles {
    let file = |file: ArtifactFile| {
        let contents = artifacts.pem(file)?;
        let name = FileName::known(file.name());
        Some(RenderedFile::new(name, access(file), contents))
    };
    RenderedFiles(ArtifactFile::ALL.into_iter().filter_map(file).collect())
}

fn access(file: ArtifactFile) -> Access {
    match file {
        ArtifactFile::PrivateKey => Access::Private,
        ArtifactFile::CertificateChain | ArtifactFile::TrustedCertificates => Access::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_names_are_file_names() {
        for file in ArtifactFile::ALL {
            let name: FileName = file.name().parse().unwrap();
            assert_eq!(name, FileName::known(file.name()));
        }
    }

    #[test]
    fn the_private_key_alone_is_private() {
        let private = ArtifactFile::ALL.map(|file| access(file) == Access::Private);
        assert_eq!(private, [true, false, false]);
    }
}
