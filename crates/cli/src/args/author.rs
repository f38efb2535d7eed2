//! What can be typed by those who write connectors.

use clap::Args as ClapArgs;
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
    grantline plan workspan                                  # nothing given: stand-ins everywhere\n  \
    grantline plan my-service.json --set clientId=abc --set clientSecret=@secret.txt --curl\n  \
    grantline plan my-service.json --only renew --refresh-token r1 --show-secrets\n  \
    grantline plan my-service.json --json --now 2026-11-22T09:00:00Z --entropy 00\n\n\
    Nothing is sent. Secrets are masked unless --show-secrets is given. The output is the same each time if --now \
    and --entropy are given.")]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// Only the requests of this step
    #[arg(long, value_name = "STEP", value_parser = ["acquire", "renew", "revoke", "test"])]
    pub(crate) only: Option<String>,
    /// The access token that renew, revoke and test use; otherwise a stand-in
    #[arg(long, value_name = "TOKEN")]
    pub(crate) access_token: Option<String>,
    /// The refresh token that renew uses; otherwise a stand-in
    #[arg(long, value_name = "TOKEN")]
    pub(crate) refresh_token: Option<String>,
    /// The random bytes, in hex; zeros are added up to 32
    #[arg(long, value_name = "HEX")]
    pub(crate) entropy: Option<String>,
    /// Print secrets as they are
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// Print curl commands, quoted for a POSIX shell
    #[arg(long, conflicts_with = "json")]
    pub(crate) curl: bool,
    /// Print one JSON object: {"requests":[{"step","method","url","headers","body"}]}
    ///
    /// The steps are acquire, renew, revoke and test. Where one takes several requests, each has an index, from 1.
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
    /// Print tokens as they are
    ///
    /// Without it they are masked for people. JSON always holds them: what is parsed is a file that you have.
    #[arg(long)]
    pub(crate) show_secrets: bool,
    /// Print one JSON object, tokens included
    #[arg(long)]
    pub(crate) json: bool,
}
