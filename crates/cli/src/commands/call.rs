//! `grantline call`: one authorised API request, its answer streamed to standard output.

use super::operation;
use crate::args::Call;
use crate::connector::connect;
use crate::failure::Failure;
use crate::values;
use futures_util::StreamExt;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::io::{AsyncWriteExt, stdout};

pub(crate) async fn run(options: &Call) -> Result<(), Failure> {
    let headers = options.header.iter().map(|header| parse_header(header)).collect::<Result<Vec<_>, _>>()?;
    let body = options.data.as_deref().map(|data| values::read("data", data)).transpose()?;
    let Some(path) = &options.path else { return operation::run(options, headers, body).await };
    let method = options.operation.to_uppercase();
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| Failure::Usage(format!("'{}' is no HTTP method", options.operation)))?;
    let connection = connect(&options.selection)?;
    let mut request = connection.request(method, path);
    if body.is_some() && headers.iter().all(|(name, _)| *name != CONTENT_TYPE) {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if let Some(body) = body {
        request = request.body(body);
    }
    let response = request.send().await?;
    let status = response.status();
    show(options, &response);
    stream(response).await?;
    if status.is_client_error() || status.is_server_error() {
        return Err(Failure::Machine(format!("the API answered {status}")));
    }
    Ok(())
}

/// Prints status and headers, if the person wants them.
pub(super) fn show(options: &Call, response: &reqwest::Response) {
    if options.include {
        eprintln!("{}", response.status());
        let headers = response.headers().iter();
        headers.for_each(|(name, value)| eprintln!("{name}: {}", value.to_str().unwrap_or("(binary)")));
    }
}

fn parse_header(header: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    // The value may be a secret: it is not repeated.
    let wrong = || Failure::Usage("--header takes \"NAME: VALUE\", in visible ASCII characters".to_owned());
    let (name, value) = header.split_once(':').ok_or_else(wrong)?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong())?;
    Ok((name, HeaderValue::from_str(value.trim()).map_err(|_| wrong())?))
}

pub(super) async fn stream(response: reqwest::Response) -> Result<(), Failure> {
    let broken = |why: String| Failure::Machine(format!("the answer broke off: {why}"));
    let (mut body, mut out) = (response.bytes_stream(), stdout());
    while let Some(chunk) = body.next().await {
        // Without its URL: a connector may put a secret into it.
        let chunk = chunk.map_err(|error| broken(error.without_url().to_string()))?;
        if let Err(error) = out.write_all(&chunk).await {
            // Whoever read us has had enough: `| head` is no failure.
            return if error.kind() == std::io::ErrorKind::BrokenPipe {
                Ok(())
            } else {
                Err(broken(error.to_string()))
            };
        }
    }
    out.flush().await.map_err(|error| broken(error.to_string()))
}
