//! What can be typed by those who write connectors.

use super::Selection;
use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;

#[derive(ClapArgs, Debug)]
#[command(after_help = "Examples:\n  \
    grantline check my-service.json\n  \
    grantline check --deny-warnings connectors/\n  \
    grantline check --json - < my-service.json     # for editors\n\n\
    Errors keep a connector from being used. Warnings tell of what works, but hardly as it is meant. Hints tell of \
    what would help the people who use it; they are never counted.\n\n\
    Exit codes: 0 fine (there may be warnings), 1 there are errors, or warnings with --deny-warnings, 2 wrong use, or \
    a file that cannot be read.")]
pub(crate) struct Check {
    /// Connector files; of a directory all *.json files but *.schema.json; '-' is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Let warnings fail, too
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Print one JSON object: {"files":[{"file","problems":[{"severity","line","column",...}]}]}
    ///
    /// A problem has a severity (error, warning, hint), line, column, `end_line` and `end_column` (from 1; columns
    /// count characters), pointer (a JSON Pointer), message, and perhaps help.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which connector, with values that may be left out: something readable stands in for them.
#[derive(ClapArgs, Debug)]
pub(crate) struct Subject {
    /// The name of a built-in connector, or the path of a connector file
    pub(crate) connector: String,
    /// A parameter: NAME=VALUE, NAME=@FILE (the content of a file) or NAME=@- (standard input)
    ///
    /// Parameters can also come from the environment, as `GRANTLINE_<CONNECTOR>_<PARAMETER>`. For a required one
    /// that is not given something readable stands in, such as CLIENT_SECRET.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// The way to authenticate, where the parameters alone do not tell
    #[arg(long, value_name = "NAME")]
    pub(crate) parameter_set: Option<String>,
    /// What time it is: ISO 8601, or seconds or milliseconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
}

#[derive(ClapArgs, Debug)]
#[command(after_help = "Examples:\n  \
    grantline plan workspan                  # nothing given: stand-ins everywhere\n  \
    grantline plan my-service.json --set clientId=abc --set clientSecret=@file --curl\n  \
    grantline plan my-service.json --only renew --refresh-token r1 --show-secrets\n  \
    grantline plan appspace --only operation --operation ListChannels --arg limit=10\n  \
    grantline plan my-service.json --json --now 2026-11-22T09:00:00Z --entropy 00\n\n\
    Nothing is sent. Secrets are masked unless --show-secrets is given. The output is the same each time if --now \
    and --entropy are given.")]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// Only the requests of this step
    #[arg(long, value_name = "STEP", value_parser = ["acquire", "renew", "revoke", "test", "operation"])]
    pub(crate) only: Option<String>,
    /// The request of this operation, too
    #[arg(long, value_name = "ID")]
    pub(crate) operation: Option<String>,
    /// An argument of the operation; given again, it is a list; for a required one that is missing something stands in
    #[arg(long = "arg", value_name = "NAME=VALUE", requires = "operation")]
    pub(crate) arg: Vec<String>,
    /// The access token that renew, revoke and test use; otherwise a stand-in
    #[arg(long, value_name = "TOKEN")]
    pub(crate) access_token: Option<String>,
    /// The refresh token that renew uses; otherwise a stand-in
    #[arg(long, value_name = "TOKEN")]
    pub(crate) refresh_token: Option<String>,
    /// What an answer held that later requests use; otherwise a stand-in
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) capture: Vec<String>,
    /// The random bytes, in hex; zeros are added up to 32
    #[arg(long, value_name = "HEX")]
    pub(crate) entropy: Option<String>,
    /// Print secrets as they are, and sign with the keys that are given
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// Print curl commands, quoted for a POSIX shell
    #[arg(long, conflicts_with = "json")]
    pub(crate) curl: bool,
    /// Print one JSON object: {"requests":[{"step","method","url","headers","body"}]}
    ///
    /// The steps are acquire, renew, revoke, test and operation. Where one takes several requests, each has an index, from 1.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
#[command(after_help = "Examples:\n  \
    grantline parse my-service.json --response answer.json\n  \
    grantline parse my-service.json --response - --status 401 --json < refusal.json\n  \
    grantline parse my-service.json --response body.txt --header 'retry-after: 30' --status 429\n\n\
    The JSON is {\"token\",\"token_type\",\"expires_at\",\"refresh_token\",\"refresh_expires_at\",\"captures\"}, or \
    {\"error\":{\"class\",\"code\",\"message\",\"request_id\",\"retry_at\"}}. A class is denied (the credentials are \
    at fault), later (it may work in a while), needs_reconnect (a person must act) or protocol (this is no answer in \
    the terms of the connector).\n\
    Exit codes: 0 the answer was read, whatever it says, 2 wrong use.")]
pub(crate) struct Parse {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// The body of the answer: a file, or '-' for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) response: PathBuf,
    /// The status of the answer
    #[arg(long, value_name = "STATUS", default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..600))]
    pub(crate) status: u16,
    /// A header of the answer: "NAME: VALUE"
    #[arg(long, short = 'H', value_name = "HEADER")]
    pub(crate) header: Vec<String>,
    /// Read it as the answer to a renewal, not to a first grant
    #[arg(long)]
    pub(crate) renew: bool,
    /// Read it as the answer to this request of several in a row, from 1; the last one, with the token, if not given
    #[arg(long, value_name = "NUMBER")]
    pub(crate) step: Option<usize>,
    /// Print tokens as they are
    ///
    /// Without it they are masked for people. JSON always holds them: what is parsed is a file that you have.
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// Print one JSON object, tokens included
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(ClapArgs, Debug)]
#[command(after_help = "Examples:\n  \
    grantline new my-service                                 # asks\n  \
    grantline new my-service --base-url https://api.acme.com \\\n      \
    --token-url /oauth/token --credentials form\n  \
    grantline new my-service --base-url 'https://{tenant}.acme.com' \\\n      \
    --token-url /login --credentials json\n  \
    grantline new my-service --base-url '{baseUrl}' --credentials pasted \\\n      \
    --header x-api-key\n\n\
    Writes NAME.json, connector.schema.json for editors, and NAME.vectors/001-first-grant.json. A name in braces \
    becomes a parameter. What is written passes `grantline check` and `grantline test`; change it from there.")]
pub(crate) struct New {
    /// The name for programs: lower-case letters, digits and '-'; a path writes into that directory
    pub(crate) name: PathBuf,
    /// The name for people
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// The address of the API: `https://api.acme.com`, `https://{tenant}.acme.com`, or {baseUrl} if everyone has their own
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// Where tokens are asked for: a URL, or a path below the base URL
    #[arg(long, value_name = "URL")]
    pub(crate) token_url: Option<String>,
    /// How the credentials are sent
    #[arg(long, value_name = "HOW", value_enum)]
    pub(crate) credentials: Option<Credentials>,
    /// How API requests carry the token: bearer, the name of a header, or "NAME: VALUE {accessToken}"
    #[arg(long, value_name = "HEADER")]
    pub(crate) header: Option<String>,
    /// A harmless path of the API that proves that the credentials work
    #[arg(long, value_name = "PATH")]
    pub(crate) test_path: Option<String>,
    /// Overwrite files that are there
    #[arg(long)]
    pub(crate) force: bool,
}

/// How credentials are sent to get a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Credentials {
    /// As fields of a form, as OAuth has it
    Form,
    /// As members of a JSON body
    Json,
    /// As HTTP Basic
    Basic,
    /// In the query string
    Query,
    /// Not at all: a person pastes a token that they made at the service
    Pasted,
}

#[derive(ClapArgs, Debug)]
#[command(after_help = "Examples:\n  \
    grantline test my-service.json           # replays my-service.vectors/*.json\n  \
    grantline test my-service.json --bless   # writes down what is true now\n  \
    grantline test workspan --set clientId=WS-ApplicationUser_...\n  \
    grantline test my-service.json --live    # with values from the environment\n\n\
    Of a file, the vectors beside it are replayed: nothing is sent. Of a built-in connector, or with --set or --live, \
    the connector's test request is made, which proves that the credentials work.\n\
    Exit codes: 0 fine, 1 a vector differs or the request failed, 2 wrong use, 3 a person must reconnect.")]
pub(crate) struct Test {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Replay the vectors of this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) vectors: Option<PathBuf>,
    /// Write the steps that came into the vectors
    #[arg(long)]
    pub(crate) bless: bool,
    /// Make the connector's test request
    #[arg(long, conflicts_with_all = ["vectors", "bless"])]
    pub(crate) live: bool,
    /// Print one JSON object
    ///
    /// Of vectors: {"vectors":[{"file","ok","differences":[{"place","diff"}],"error"}]}; of the request:
    /// {"ok","status","attempts","expires_at"}.
    #[arg(long)]
    pub(crate) json: bool,
}
