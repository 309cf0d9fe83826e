//! The command line of `provost object`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::duration;
use crate::processors::processors;
use crate::store::encrypted::ByteRange;

#[derive(Debug, Subcommand)]
pub(crate) enum Object {
    /// Encrypt a file into an object, or a folder into objects.
    #[command(
        after_help = "The object appears whole or not at all, and replaces one of that name. \
        It is encrypted as the security configuration says.\n\n\
        With -r, each regular file in the folder becomes an object under URI, named by its path in \
        the folder. Symbolic links, pipes and devices are skipped and reported. A file whose name no \
        object may have, as `notes.instruction`, is a failure; the others are put all the same. Run \
        it again after it was stopped: --skip-existing leaves out what is there.\n\n\
        Examples:\n  provost object put report.pdf file:///data/store/report.pdf\n  \
        tar c logs | provost object put - file:///data/store/logs.tar\n  \
        provost object put -r --skip-existing logs file:///data/store/logs/"
    )]
    Put(Put),
    /// Decrypt an object into a file, or objects into a folder.
    #[command(
        after_help = "Nothing gets the name FILE, and nothing is written to standard output, \
        before the whole object proved authentic.\n\n\
        With -r, each object under URI becomes a file in the folder, which is made if it is not \
        there. Nothing outside it is written: symbolic links in it are not followed, and an object \
        whose name leads elsewhere, or to no file, is a failure. Run it again after it was stopped: \
        --skip-existing leaves out what is there.\n\n\
        Examples:\n  provost object get file:///data/store/report.pdf report.pdf\n  \
        provost object get file:///data/store/logs.tar - | tar t\n  \
        provost object get -r --skip-existing file:///data/store/logs/ logs"
    )]
    Get(Get),
    /// Print an object, or a part of it.
    #[command(
        after_help = "Without --range, nothing is printed before the whole object proved authentic.\n\n\
        The tag is over the whole object, so nothing proves a part of one: whoever can write to the \
        store could have changed it. --unauthenticated says that this is known.\n\n\
        Examples:\n  provost object cat file:///data/store/report.txt\n  \
        provost object cat --range 0-1023 --unauthenticated s3://my-bucket/logs.tar\n  \
        provost object cat --range -8 --unauthenticated s3://my-bucket/table.parquet"
    )]
    Cat(Cat),
    /// Show how an object is encrypted, or by which keys objects are. Needs no key.
    #[command(
        after_help = "With -r, objects are counted by wrap and description: which keys \
        protect how much. What is not encrypted is counted too.\n\n\
        Examples:\n  provost object inspect file:///data/store/report.pdf\n  \
        provost object inspect -r file:///data/store/"
    )]
    Inspect(Inspect),
    /// List objects with their plaintext sizes.
    #[command(after_help = "Examples:\n  provost object ls file:///data/store/")]
    Ls {
        /// What their URIs start with, in whole path segments: `file:///absolute/path/` or
        /// `s3://bucket/folder/`.
        prefix: String,
        #[command(flatten)]
        jobs: Jobs,
    },
    /// Read an object and check that it is authentic, to its last byte.
    #[command(
        after_help = "Nothing is written. What is not encrypted, cannot be opened, or cannot be \
        authenticated (CBC has no tag) is a failure.\n\n\
        Examples:\n  provost object verify file:///data/store/report.pdf\n  \
        provost object verify -r --output json file:///data/store/ > report.json"
    )]
    Verify(Verify),
    /// Have the present key protect an object, without touching its content.
    #[command(
        after_help = "The data key is unwrapped with the key that the stored description chooses, and \
        wrapped with the one that the provider has for new objects. Only the envelope is written, \
        and only if the object is still the one that was read. What the present key protects \
        already is skipped: run it again after it was stopped, or after a failure.\n\n\
        V1 and CBC objects are a failure: `provost object reencrypt` makes V3 of them. Versions \
        that the store keeps still open with the old key; they are listed.\n\n\
        Examples:\n  provost object rewrap -r --prove file:///data/store/\n  \
        provost object rewrap -r --to instruction-file s3://bucket/logs/"
    )]
    Rewrap(Rewrap),
    /// Encrypt an object anew, with a new data key, in format V3.
    #[command(
        after_help = "The new body is complete only when the old one proved authentic, and it replaces \
        only the one that was read: a change meanwhile is a failure, and nothing is lost. Metadata, \
        headers and tags stay. V3 objects are skipped: run it again after it was stopped, or after a \
        failure. With --all each run takes them all.\n\n\
        CBC cannot be authenticated: such objects are read only where `read.legacy = \"decrypt\"` and \
        `read.unauthenticated = \"accept\"` of their prefix in provost.toml say so.\n\n\
        Examples:\n  provost object reencrypt -r --plaintext skip file:///data/store/\n  \
        provost object reencrypt -r --plaintext encrypt s3://bucket/logs/"
    )]
    Reencrypt(Reencrypt),
    /// Remove objects, with their instruction files.
    #[command(after_help = "Examples:\n  provost object rm file:///data/store/report.pdf")]
    Rm {
        /// The objects: `file:///absolute/path` or `s3://bucket/key`.
        #[arg(required = true, value_name = "URI")]
        uris: Vec<String>,
    },
    /// List and remove uploads in parts that nobody finished. S3 keeps what was sent.
    #[command(
        subcommand,
        arg_required_else_help = true,
        after_help = "A put that fails or is interrupted removes its own; one that is killed cannot.\n\n\
        Examples:\n  provost object uploads ls s3://my-bucket/\n  \
        provost object uploads rm --older-than 1d s3://my-bucket/"
    )]
    Uploads(Uploads),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Uploads {
    /// List unfinished uploads, with when they began and their ids.
    #[command(after_help = "Examples:\n  provost object uploads ls s3://my-bucket/logs/")]
    Ls {
        /// What the URIs of their objects start with: `s3://bucket/folder/`.
        prefix: String,
    },
    /// Remove one unfinished upload, or all of a prefix that are old enough.
    #[command(
        after_help = "An upload that is still going on fails when it is removed: let the age be longer than any \
        upload takes.\n\n\
        Examples:\n  provost object uploads rm s3://my-bucket/logs.tar UPLOAD-ID\n  \
        provost object uploads rm --older-than 1d s3://my-bucket/"
    )]
    Rm {
        /// The object that the upload would become; with `--older-than`, a prefix.
        #[arg(value_name = "URI|PREFIX")]
        name: String,
        /// Which of its uploads.
        #[arg(value_name = "UPLOAD-ID", conflicts_with = "older_than")]
        upload_id: Option<String>,
        /// Remove those that began longer ago than this, as in `1d`.
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        older_than: Option<Duration>,
    },
}

/// How many objects are worked on at once.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Jobs {
    /// How many objects are worked on at once. Default: twice the processors, 4 to 16.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl Jobs {
    /// Stores are waited for longer than processors: more jobs than those, and not so many that
    /// their buffers count.
    pub(crate) fn get(self) -> usize {
        self.jobs
            .map_or_else(|| (processors() * 2).clamp(4, 16), NonZeroUsize::get)
            .min(256)
    }
}

/// One object, or all under a prefix.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Whole {
    /// Do it for all objects under URI, or all files in a folder.
    #[arg(short, long)]
    pub(crate) recursive: bool,
    #[command(flatten)]
    pub(crate) jobs: Jobs,
}

#[derive(Debug, Args)]
pub(crate) struct Put {
    /// The file to encrypt, or `-` for standard input; with -r a folder.
    #[arg(value_name = "FILE|-")]
    pub(crate) source: PathBuf,
    /// Where to put it: `file:///absolute/path` or `s3://bucket/key`.
    pub(crate) uri: String,
    /// Leave out files whose object exists.
    #[arg(long, requires = "recursive")]
    pub(crate) skip_existing: bool,
    #[command(flatten)]
    pub(crate) whole: Whole,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The object: `file:///absolute/path` or `s3://bucket/key`.
    pub(crate) uri: String,
    /// The file to write, or `-` for standard output; with -r a folder.
    #[arg(value_name = "FILE|-")]
    pub(crate) destination: PathBuf,
    /// Replace files that exist.
    #[arg(long)]
    pub(crate) force: bool,
    /// Leave out objects whose file exists.
    #[arg(long, requires = "recursive", conflicts_with = "force")]
    pub(crate) skip_existing: bool,
    #[command(flatten)]
    pub(crate) whole: Whole,
}

#[derive(Debug, Args)]
pub(crate) struct Cat {
    /// The object: `file:///absolute/path` or `s3://bucket/key`.
    pub(crate) uri: String,
    /// Only these bytes, from 0: `A-B` with both in it, `A-` to the end, or `-N` for the last N.
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    pub(crate) range: Option<ByteRange>,
    /// Print the range though nothing proves that it is what was written.
    #[arg(long, requires = "range")]
    pub(crate) unauthenticated: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The object: `file:///absolute/path` or `s3://bucket/key`; with -r what the objects' URIs start with.
    pub(crate) uri: String,
    #[command(flatten)]
    pub(crate) whole: Whole,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The object: `file:///absolute/path` or `s3://bucket/key`; with -r what the objects' URIs start with.
    pub(crate) uri: String,
    #[command(flatten)]
    pub(crate) whole: Whole,
}

#[derive(Debug, Args)]
pub(crate) struct Rewrap {
    /// The object: `file:///absolute/path` or `s3://bucket/key`; with -r what the objects' URIs start with.
    pub(crate) uri: String,
    /// Where the new envelope goes. Default: where the old one is.
    #[arg(long, value_enum, value_name = "PLACE")]
    pub(crate) to: Option<To>,
    /// Read the new envelope back and prove that the old key does not open it and the new one does.
    #[arg(long)]
    pub(crate) prove: bool,
    /// Read the whole content first, and rewrap only what proved authentic.
    #[arg(long)]
    pub(crate) verify_content: bool,
    #[command(flatten)]
    pub(crate) whole: Whole,
}

/// Where an envelope goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    // Documentation here would make `--help` longer than `-h`, and say nothing more.
    Metadata,
    InstructionFile,
}

#[derive(Debug, Args)]
pub(crate) struct Reencrypt {
    /// The object: `file:///absolute/path` or `s3://bucket/key`; with -r what the objects' URIs start with.
    pub(crate) uri: String,
    /// What becomes of objects that are not encrypted. Default: each is a failure.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) plaintext: Option<Plaintext>,
    /// V3 objects too.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) whole: Whole,
}

/// What becomes of objects that are not encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Plaintext {
    Fail,
    Skip,
    Encrypt,
}
