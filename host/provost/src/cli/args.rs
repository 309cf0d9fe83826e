//! The command line: the one definition behind parser and help.

mod object;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use provost_core::config::{DefaultRootsSource, FileOwner, parse_node_name};

pub(crate) use object::*;

/// The heading of the options that every command has.
const EVERYWHERE: &str = "Options of every command";

/// The provider host for encryption keys and TLS artifacts.
#[derive(Debug, Parser)]
#[command(
    name = "provost",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Exit status: 0 done, 1 refused or failed, 2 wrong usage.\n\n\
        Start here:\n  provost quickstart"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) noun: Noun,
}

/// A path that may be empty, as a variable may be: then it counts as not given.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    humantime::parse_duration(text).map_err(|_| "expected a number and a unit, as in 30s or 5m")
}

/// A name as provost.toml takes it. clap says which option it is of, and quotes the text.
fn node_name(text: &str) -> Result<String, String> {
    parse_node_name(text).map_err(|error| format!("it {error}"))
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The host's configuration, provost.toml. Default: none, only the environment.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "PROVOST_CONFIG",
        hide_env_values = true,
        value_parser = path(),
        help_heading = EVERYWHERE
    )]
    pub(crate) config: Option<PathBuf>,
    /// The security configuration, EMR's JSON. Default: what provost.toml names.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "PROVOST_SECURITY_CONFIGURATION",
        hide_env_values = true,
        value_parser = path(),
        help_heading = EVERYWHERE
    )]
    pub(crate) security_configuration: Option<PathBuf>,
    /// How results are printed: for people, or as one JSON document, errors too.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t = Output::Text,
        help_heading = EVERYWHERE
    )]
    pub(crate) output: Output,
    /// Log what the host does, to stderr; twice for more. `PROVOST_LOG` filters it.
    #[arg(
        short,
        long,
        global = true,
        action = clap::ArgAction::Count,
        help_heading = EVERYWHERE
    )]
    pub(crate) verbose: u8,
}

/// Who reads the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    // Documentation here would make `--help` longer than `-h`, and say nothing more.
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Noun {
    /// See it work: make a demonstration key, load a provider, encrypt a file, read it back.
    Quickstart(Quickstart),
    /// Check configuration, libraries and providers, and say what would be refused.
    Check(Check),
    /// Look at provider libraries without running them.
    #[command(
        subcommand,
        arg_required_else_help = true,
        after_help = "Examples:\n  provost plugin list /opt/provost/plugins\n  \
            provost plugin inspect /opt/provost/plugins/libkeys.so"
    )]
    Plugin(Plugin),
    /// Encrypt, decrypt and manage objects.
    #[command(
        subcommand,
        arg_required_else_help = true,
        after_help = "An object is named file:///absolute/path or s3://bucket/key.\n\n\
            Examples:\n  provost object put report.pdf file:///data/store/report.pdf\n  \
            provost object get s3://my-bucket/report.pdf copy.pdf"
    )]
    Object(Object),
    /// Check, show and install TLS artifacts: a key, its certificates, and what to trust.
    #[command(
        subcommand,
        arg_required_else_help = true,
        after_help = "A set is a zip with privateKey.pem, certificateChain.pem and, where needed, \
            trustedCertificates.pem; a folder with these files; or what a provider class returns.\n\n\
            Examples:\n  provost tls check MyCerts.zip --node-name node1.example.com\n  \
            provost tls install --security-configuration security.json"
    )]
    Tls(Tls),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Everything happens in a folder of its own, removed at the end, with a \
    configuration of its own.\n\n\
    Examples:\n  provost quickstart\n  provost quickstart --keep ./demo --file README.md"
)]
pub(crate) struct Quickstart {
    /// Make the demonstration in this new folder and keep it, to look around in.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) keep: Option<PathBuf>,
    /// The file to encrypt. Default: the provost executable itself.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Files and ELF sections are checked first; then each class that the \
    security configuration uses is loaded and asked for its status.\n\n\
    Examples:\n  provost check --config provost.toml\n  provost check --explain --output json"
)]
pub(crate) struct Check {
    /// Also list every setting, its value and where it came from. Secrets are not shown.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Do not load any library; only files and sections are checked.
    #[arg(long)]
    pub(crate) no_load: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Plugin {
    /// List the classes of all configured libraries.
    #[command(
        after_help = "Without a FOLDER or FILE, [libraries] of provost.toml names them. Nothing \
        in a library is run: what is listed comes from its ELF section.\n\n\
        Examples:\n  provost plugin list --config provost.toml\n  \
        provost plugin list /opt/provost/plugins"
    )]
    List {
        /// Folders of libraries, or libraries.
        #[arg(value_name = "FOLDER|FILE")]
        paths: Vec<PathBuf>,
    },
    /// Show what a library declares: classes, configuration keys, needs, build facts.
    #[command(
        after_help = "The library is not run, so one that would be refused can be \
        inspected too; the reasons are shown.\n\n\
        Examples:\n  provost plugin inspect /opt/provost/plugins/libkeys.so\n  \
        provost plugin inspect com.example.keys.Static --config provost.toml"
    )]
    Inspect {
        /// A library file, or the name of a configured class.
        #[arg(value_name = "FILE|CLASS")]
        library: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tls {
    /// Say what is wrong with sets of artifacts, and what would be right.
    #[command(
        after_help = "Without a PATH, the set is the one that the security configuration names. \
        Exit status 1 if one is refused. The rules are listed in docs/tls.md.\n\n\
        Examples:\n  provost tls check MyCerts.zip\n  \
        provost tls check --strict --node-name node1.example.com /etc/ssl/node1"
    )]
    Check {
        /// Zips, or folders with the three files.
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        judgement: Judgement,
    },
    /// Show a chain as a tree, with names, validity and fingerprints.
    #[command(
        after_help = "Without a PATH, the set that is in force is shown. A set that would be refused \
        is shown too, with exit status 0; `provost tls check` judges. Fingerprints are written as \
        `openssl x509 -fingerprint -sha256` writes them.\n\n\
        Examples:\n  provost tls show MyCerts.zip\n  provost tls show --config provost.toml"
    )]
    Show(TlsShow),
    /// Install the artifacts that the security configuration names, as a new generation.
    #[command(
        after_help = "The new generation is complete before `current` leads to it, in one step; the \
        previous one is kept for `provost tls rollback`. Nothing changes if the set is refused.\n\n\
        Examples:\n  provost tls install --security-configuration security.json\n  \
        provost tls install --config provost.toml --directory /etc/node-tls --owner hadoop:hadoop"
    )]
    Install(TlsInstall),
    /// Return to the previous generation, if it still holds.
    #[command(
        after_help = "What was current stays as the previous generation: a second rollback returns to \
        it.\n\nExamples:\n  provost tls rollback --config provost.toml"
    )]
    Rollback(TlsRollback),
}

/// What is shown, and what it is held against.
#[derive(Debug, Args)]
pub(crate) struct TlsShow {
    /// A zip, or a folder with the three files.
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// The folder of the generations. Default: `[tls] directory` of provost.toml, else
    /// /var/lib/provost/tls.
    #[arg(long, value_name = "FOLDER", conflicts_with = "path")]
    pub(crate) directory: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) judgement: Judgement,
}

/// What artifacts are held against, and where they are installed.
#[derive(Debug, Args)]
pub(crate) struct TlsInstall {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Who owns the private key. Default: `[tls] owner` of provost.toml, else this user.
    #[arg(long, value_name = "USER[:GROUP]")]
    pub(crate) owner: Option<FileOwner>,
    #[command(flatten)]
    pub(crate) judgement: Judgement,
}

/// Where to roll back, and what the previous generation is held against.
#[derive(Debug, Args)]
pub(crate) struct TlsRollback {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) judgement: Judgement,
}

/// Where generations are, and how they are changed.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The folder of the generations. Default: `[tls] directory` of provost.toml, else
    /// /var/lib/provost/tls.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) directory: Option<PathBuf>,
    /// Accept a self-signed certificate that trusts itself, as the guide's example makes it.
    #[arg(long, conflicts_with = "strict")]
    pub(crate) proof_of_concept: bool,
    /// How long to wait for another installation to end, as in `30s`. Default: not at all.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) wait: Option<Duration>,
}

/// What artifacts are held against.
#[derive(Debug, Default, Args)]
pub(crate) struct Judgement {
    /// Refuse what is acceptable for a trial only.
    #[arg(long)]
    pub(crate) strict: bool,
    /// A name or address that the certificate has to cover; may be given more than once. Default:
    /// `node_names` of provost.toml.
    #[arg(long = "node-name", value_name = "NAME", value_parser = node_name)]
    pub(crate) node_names: Vec<String>,
    /// Roots that are trusted besides the set's own: native, webpki, none, pem:FILE or
    /// cacerts:FILE. Default: `[tls] default_roots` of provost.toml, else native.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) default_roots: Option<DefaultRootsSource>,
}
