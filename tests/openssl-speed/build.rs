//! Builds OpenSSL's libcrypto and links it.

fn main() {
    let artifacts = openssl_src::Build::new().build();
    println!(
        "cargo:rustc-link-search=native={}",
        artifacts.lib_dir().display()
    );
    println!("cargo:rustc-link-lib=static=crypto");
    println!("cargo:rerun-if-changed=build.rs");
}
