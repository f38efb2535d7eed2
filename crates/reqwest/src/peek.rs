//! A look at the body of an API answer, where a connector asks for one; the caller gets all of it all the same.

use crate::transport;
use futures_util::stream::{self, StreamExt};
use grantline_core::{Fault, FaultKind, Request};
use reqwest::{Body, Response, ResponseBuilderExt};

/// What the core wants to see of the body, and the answer with nothing missing.
pub(crate) async fn peek(request: &Request, response: Response) -> Result<(Vec<u8>, Response), Fault> {
    let most = u64::from(request.max_body);
    let wanted = request.body_statuses.contains(&response.status().as_u16());
    if !wanted || response.content_length().is_some_and(|length| length > most) {
        return Ok((Vec::new(), response));
    }
    let (status, version, url) = (response.status(), response.version(), response.url().clone());
    let (headers, extensions) = (response.headers().clone(), response.extensions().clone());
    let mut rest = response.bytes_stream();
    let (mut chunks, mut seen) = (Vec::new(), Vec::new());
    let whole = loop {
        match rest.next().await {
            None => break true,
            Some(chunk) => {
                let chunk = chunk.map_err(transport::fault)?;
                seen.extend_from_slice(&chunk);
                chunks.push(Ok(chunk));
            }
        }
        if seen.len() as u64 > most {
            break false;
        }
    };
    let body =
        if whole { Body::from(seen.clone()) } else { Body::wrap_stream(stream::iter(chunks).chain(rest)) };
    let rebuilt = http::Response::builder().status(status).version(version).url(url).body(body);
    let mut rebuilt = rebuilt.map_err(|error| Fault::new(FaultKind::Lost, error.to_string()))?;
    *rebuilt.headers_mut() = headers;
    rebuilt.extensions_mut().extend(extensions);
    // A longer body says nothing: half of it might say the wrong thing.
    Ok((if whole { seen } else { Vec::new() }, rebuilt.into()))
}
