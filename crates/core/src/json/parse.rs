//! Reads JSON text (RFC 8259).
//!
//! By hand, because this is the one parser in the wasm module, where a general one costs five times as much: with
//! its errors for readers and files, and the tables of a float parser that is right to the last bit. Here a number
//! with a fraction or an exponent is only ever a lifetime, and is read by plain arithmetic.

use super::Json;
use thiserror::Error;

/// Deeper nesting than this is no answer and no connector; reading it could exhaust the stack.
const DEEPEST: usize = 128;
/// More members than this in one object is not a token answer, and looking for duplicates would take long.
const MOST_MEMBERS: usize = 4096;

/// What is wrong with a text, and where. The text itself is never quoted.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("{problem} at line {line} column {column}")]
pub struct SyntaxError {
    problem: &'static str,
    line: usize,
    column: usize,
}

type Outcome<T> = Result<T, &'static str>;

/// Reads one value with nothing behind it.
pub(super) fn parse(text: &str) -> Result<Json, SyntaxError> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0).and_then(|value| {
        parser.space();
        if parser.at == text.len() { Ok(value) } else { Err("something stands behind the end") }
    });
    value.map_err(|problem| {
        let before = text.as_bytes().get(..parser.at).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        SyntaxError { problem, line, column }
    })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes this byte if it comes next, white space aside.
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, problem: &'static str) -> Outcome<()> {
        if self.takes(byte) { Ok(()) } else { Err(problem) }
    }

    fn value(&mut self, depth: usize) -> Outcome<Json> {
        if depth > DEEPEST {
            return Err("nested too deeply");
        }
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Outcome<Json> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let words = [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
        let found =
            words.into_iter().find(|(word, _)| rest.starts_with(word)).ok_or("a value is expected")?;
        self.at += found.0.len();
        Ok(found.1)
    }

    fn array(&mut self, depth: usize) -> Outcome<Json> {
        self.at += 1;
        let mut items = Vec::new();
        if self.takes(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.takes(b']') {
                return Ok(Json::Array(items));
            }
            self.expect(b',', "',' or ']' is expected")?;
        }
    }

    fn object(&mut self, depth: usize) -> Outcome<Json> {
        self.at += 1;
        let mut members: Vec<(String, Json)> = Vec::new();
        if self.takes(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err("a member name in quotes is expected");
            }
            let name = self.string()?;
            if members.iter().any(|(known, _)| *known == name) {
                return Err("a member stands twice in one object");
            }
            if members.len() == MOST_MEMBERS {
                return Err("an object has too many members");
            }
            self.expect(b':', "':' is expected")?;
            members.push((name, self.value(depth + 1)?));
            if self.takes(b'}') {
                return Ok(Json::Object(members));
            }
            self.expect(b',', "',' or '}' is expected")?;
        }
    }

    fn string(&mut self) -> Outcome<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            // Both ends stand at an ASCII byte or at the end, so this is never between two halves of a character.
            out.push_str(self.text.get(start..self.at).unwrap_or_default());
            let stop = self.peek().ok_or("a string has no end")?;
            self.at += 1;
            match stop {
                b'"' => return Ok(out),
                b'\\' => out.push(self.escape()?),
                _ => return Err("a control character stands in a string"),
            }
        }
    }

    fn escape(&mut self) -> Outcome<char> {
        let kind = self.peek().ok_or("a string has no end")?;
        self.at += 1;
        Ok(match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err("there is no such escape"),
        })
    }

    /// The rest of `\uXXXX`, or of two that make one character.
    fn unicode(&mut self) -> Outcome<char> {
        const PROBLEM: &str = "an escape is no character";
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or(PROBLEM);
        }
        if self.text.get(self.at..self.at + 2) != Some("\\u") {
            return Err(PROBLEM);
        }
        self.at += 2;
        let second = self.hex()?.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or(PROBLEM)?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + second).ok_or(PROBLEM)
    }

    fn hex(&mut self) -> Outcome<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or("an escape has four hexadecimal digits")?;
            self.at += 1;
        }
        Ok(code)
    }

    fn number(&mut self) -> Outcome<Json> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return Err("a number begins with a needless zero");
        }
        let (mut digits, mut power) = (whole.to_owned(), 0_i32);
        if self.peek() == Some(b'.') {
            self.at += 1;
            let fraction = self.digits()?;
            digits.push_str(fraction);
            power = -i32::try_from(fraction.len()).unwrap_or(i32::MAX);
        } else if !matches!(self.peek(), Some(b'e' | b'E')) {
            let text = self.text.get(start..self.at).unwrap_or_default();
            if let Ok(number) = text.parse() {
                return Ok(Json::Int(number));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            let down = self.peek() == Some(b'-');
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            let exponent: i32 = self.digits()?.parse().unwrap_or(i32::MAX);
            power = power.saturating_add(if down { -exponent } else { exponent });
        }
        let size = digits.bytes().fold(0.0, |sum, digit| sum * 10.0 + f64::from(digit - b'0'));
        let size = scaled(size, power);
        if !size.is_finite() {
            return Err("a number is too large");
        }
        let negative = self.text.as_bytes().get(start) == Some(&b'-');
        Ok(Json::Float(if negative { -size } else { size }))
    }

    fn digits(&mut self) -> Outcome<&'a str> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        if digits.is_empty() { Err("a digit is expected") } else { Ok(digits) }
    }
}

/// `size` times ten to the `power`.
fn scaled(size: f64, power: i32) -> f64 {
    // Beyond this everything is zero or infinite.
    let steps = power.unsigned_abs().min(1000);
    (0..steps).fold(size, |size, _| if power < 0 { size / 10.0 } else { size * 10.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_json_reads() {
        for text in [
            "null",
            " [ ] ",
            "{}",
            r#"{"a":[1,-2,{"b":null}],"c":"\u00e9\ud83d\ude00\n\/"}"#,
            "0",
            "-0.5",
            "1e3",
            "2.50E-1",
            "12345678901234567890",
            "\"é\"",
            "[true,false]",
        ] {
            let ours = serde_json::to_value(parse(text).unwrap()).unwrap();
            let theirs: serde_json::Value = serde_json::from_str(text).unwrap();
            let near = match (ours.as_f64(), theirs.as_f64()) {
                (Some(ours), Some(theirs)) => (ours - theirs).abs() <= theirs.abs() * 1e-14,
                _ => ours == theirs,
            };
            assert!(near, "{text}: {ours} {theirs}");
        }
    }

    #[test]
    fn refuses_what_serde_json_refuses() {
        let deep = "[".repeat(100_000);
        let short =
            r#"nul|[1,]|{"a"}|{a:1}|01|1.|.5|-|1e|+1|"|"\x"|"\ud83d"|"\udc00"|"\u12"|1 2|[1|{"a":1|1e999"#;
        for text in short.split('|').chain(["", "\"\n\"", &deep]) {
            assert!(parse(text).is_err(), "{text:.20}");
            assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text:.20}");
        }
    }

    #[test]
    fn says_where() {
        let error = parse("{\n  \"a\": ?\n}").unwrap_err();
        assert_eq!(error.to_string(), "a value is expected at line 2 column 8");
    }
}
