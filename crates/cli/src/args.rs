//! What can be typed.

mod author;

pub(crate) use author::*;
use clap::{Args as ClapArgs, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Tokens for business systems: get them, keep them, renew them, use them.
#[derive(Debug, Parser)]
#[command(
    name = "grantline",
    version,
    max_term_width = 110,
    after_help = "Tokens are kept between runs. GRANTLINE_STORE_KEY, if it is set, encrypts them: `grantline key` makes \
                  a value for it.\n\
                  Exit codes: 0 fine, 1 failed, 2 wrong use, 3 a person must reconnect.\n\
                  New here? `grantline demo` needs no account."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Do the main job on all four systems, against an emulator inside this process
    Demo(Demo),
    /// List the built-in connectors and their parameters
    Connectors(Connectors),
    /// Print an access token
    Token(Token),
    /// Call an operation of the API, or make any request with the token, and stream the answer
    Call(Call),
    /// Check connector files
    Check(Check),
    /// Show the requests that a connector makes, without sending them
    Plan(Plan),
    /// Show what a connector reads from an answer
    Parse(Parse),
    /// Write a connector file to begin with
    New(New),
    /// Replay the vectors of a connector, or prove that credentials work
    Test(Test),
    /// Make a key that encrypts the tokens kept between runs
    Key(Key),
    /// Make operations of a document that describes an API
    Import(Import),
    /// Serve an emulator of the four systems until Ctrl-C
    Emulate(Emulate),
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Demo {
    /// Print one JSON object and nothing else
    #[arg(long, conflicts_with = "rows")]
    pub(crate) json: bool,
    /// Do nothing but print the table of rows that come in on standard input, one JSON object a line
    #[arg(long, hide = true)]
    pub(crate) rows: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Connectors {
    /// Only this one: the name of a built-in connector, or a file
    pub(crate) connector: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which connection: a connector and its parameters.
#[derive(ClapArgs, Debug)]
pub(crate) struct Selection {
    /// The name of a built-in connector, or the path of a connector file
    pub(crate) connector: String,
    /// A parameter: NAME=VALUE, NAME=@FILE (the content of a file) or NAME=@- (standard input)
    ///
    /// Parameters can also come from the environment, as `GRANTLINE_<CONNECTOR>_<PARAMETER>`. Arguments can be seen
    /// by every user of this machine: give secrets by file, standard input or environment. A value that begins
    /// with '@' is written with '@@'.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The way to authenticate, where the parameters alone do not tell
    #[arg(long, value_name = "NAME")]
    pub(crate) parameter_set: Option<String>,
    /// Keep no token between runs
    ///
    /// What is kept is readable by you alone, and encrypted if `GRANTLINE_STORE_KEY` holds a key (see `grantline key`).
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Say on standard error what goes over the wire, secrets masked
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

#[derive(ClapArgs, Debug)]
#[command(after_help = "Examples:\n  \
    GRANTLINE_WORKSPAN_CLIENTSECRET=... grantline token workspan --set clientId=WS-ApplicationUser_...\n  \
    grantline token workspace-one-access --set baseUrl=https://acme.workspaceoneaccess.com \\\n      \
    --set clientId=my_client --set clientSecret=@secret.txt\n  \
    pass show workstream | grantline token workstream --set token=@-")]
pub(crate) struct Token {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Get a new token now, whatever is kept and whatever failure is remembered
    #[arg(long)]
    pub(crate) renew: bool,
    /// Print a JSON object with the token and its life
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
#[command(
    override_usage = "grantline call [OPTIONS] <CONNECTOR> <OPERATION>\n       grantline call [OPTIONS] <CONNECTOR> <METHOD> <PATH>",
    after_help = "Examples:\n  \
    grantline call appspace ListChannels --arg limit=10 --set subjectId=... --set refreshToken=@token.txt\n  \
    grantline call workstream ListEmployees --all-pages --set ... | jq .name\n  \
    grantline call workspan POST /event/v1/subscriber --data @subscriber.json --set ...\n\n\
    `grantline connectors CONNECTOR` lists the operations. The answer of a METHOD and PATH is streamed whatever its \
    status, with exit code 1 from 400 on; an operation that fails prints nothing but what the API said of it."
)]
pub(crate) struct Call {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// The operation; or the method, with a path behind it
    #[arg(value_name = "OPERATION")]
    pub(crate) operation: String,
    /// The path below the connector's base URL
    pub(crate) path: Option<String>,
    /// An argument of the operation; given again, it is a list
    #[arg(long = "arg", value_name = "NAME=VALUE", conflicts_with = "path")]
    pub(crate) arg: Vec<String>,
    /// Follow all pages of the operation, and print each item on a line of its own
    #[arg(long, conflicts_with_all = ["path", "include"])]
    pub(crate) all_pages: bool,
    /// A header of the request: "NAME: VALUE"
    #[arg(long, short = 'H', value_name = "HEADER")]
    pub(crate) header: Vec<String>,
    /// The body: text, @FILE or @-; its type is JSON unless the operation or a header says otherwise
    #[arg(long, short)]
    pub(crate) data: Option<String>,
    /// Print the status and the headers of the answer to standard error
    #[arg(long, short)]
    pub(crate) include: bool,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Import {
    #[command(subcommand)]
    pub(crate) format: ImportFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportFormat {
    /// OpenAPI 2.0 (Swagger), 3.0 or 3.1, as JSON or YAML
    Openapi(ImportOpenapi),
}

#[derive(ClapArgs, Debug)]
#[command(after_help = "Examples:\n  \
    grantline import openapi api.yaml                          # a connector on standard output, a report beside it\n  \
    grantline import openapi api.json --out acme.json --only tag:Users\n  \
    grantline import openapi api.json --into acme.json --only /users/\n\n\
    What could not be imported is told on standard error. The authentication is a proposal: check it with \
    `grantline check`.")]
pub(crate) struct ImportOpenapi {
    /// The document
    pub(crate) file: PathBuf,
    /// Write the connector to this file
    #[arg(long, value_name = "CONNECTOR.json", conflicts_with = "into")]
    pub(crate) out: Option<PathBuf>,
    /// Put the operations into this connector; all else in it stays
    #[arg(long, value_name = "CONNECTOR.json")]
    pub(crate) into: Option<PathBuf>,
    /// Only operations with this tag (tag:NAME), with this id (id:NAME), or below this path (/PATH)
    #[arg(long, value_name = "FILTER")]
    pub(crate) only: Vec<String>,
    /// Replace a file that is there (--out), or operations of the same id (--into)
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(ClapArgs, Debug)]
#[command(after_help = "Examples:\n  \
    export GRANTLINE_STORE_KEY=$(grantline key)            # and keep it where you keep passwords\n  \
    export GRANTLINE_STORE_KEY=$(openssl rand -base64 32)  # the same, without this program\n\n\
    Several keys are written with commas between them: the first encrypts, all of them decrypt. To change a key, put \
    the new one before the old one until every token has been renewed. Without its key a kept token is left alone, \
    and a new one is got as if none were kept.")]
pub(crate) struct Key {}

#[derive(ClapArgs, Debug)]
pub(crate) struct Emulate {
    /// Where to listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7420")]
    pub(crate) listen: SocketAddr,
    /// Print one line of JSON when ready
    #[arg(long)]
    pub(crate) json: bool,
}
