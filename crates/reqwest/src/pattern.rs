//! Patterns of parameters: read as ECMA-262 reads them, so that a value that passes here passes in JavaScript, too.
//!
//! What the two do not read in the same way is refused rather than guessed. That leaves groups, alternatives, classes,
//! quantifiers and the usual escapes. Connections look at patterns by themselves; this is for tools that check connectors
//! without making one.

use grantline_core::manifest::{ConnectorError, Manifest, ParameterSet, Problem, Severity};
use regex_lite::Regex;
use std::iter::Peekable;
use std::str::Chars;

/// What `\s` means in ECMA-262.
const SPACES: &str =
    r"\t\n\x0B\x0C\r \u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}";
/// What `.` means there.
const ANY: &str = r"[^\n\r\u{2028}\u{2029}]";
const SYNTAX: &str = r"^$\.*+?()[]{}|/";

/// Whether the whole value matches. Nothing matches a pattern that [`check`] refuses.
#[must_use]
pub fn matches(pattern: &str, value: &str) -> bool {
    read(pattern).is_ok_and(|regex| regex.is_match(value))
}

/// Whether all patterns of a connector can be read.
///
/// # Errors
/// What is wrong with those that cannot.
pub fn check(manifest: &Manifest) -> Result<(), ConnectorError> {
    let own = manifest.parameters.iter().enumerate();
    let own = own.map(|(index, parameter)| (format!("/parameters/{index}/pattern"), parameter));
    let sets = manifest.sets.iter().enumerate().flat_map(|(set, ParameterSet { parameters, .. })| {
        let all = parameters.iter().enumerate();
        all.map(move |(index, parameter)| (format!("/sets/{set}/parameters/{index}/pattern"), parameter))
    });
    let problems = own.chain(sets).filter_map(|(pointer, parameter)| {
        let problem = read(parameter.pattern.as_deref()?).err()?;
        Some(Problem { pointer, message: format!("the pattern {problem}"), severity: Severity::Error })
    });
    let problems: Vec<_> = problems.collect();
    if problems.is_empty() { Ok(()) } else { Err(ConnectorError { problems }) }
}

fn read(pattern: &str) -> Result<Regex, String> {
    let mut reader = Reader { rest: pattern.chars().peekable(), out: String::new(), depth: 0 };
    reader.pattern()?;
    Regex::new(&format!("^(?:{})$", reader.out)).map_err(|error| format!("cannot be read: {error}"))
}

/// Writes a pattern of ECMA-262 as one of Rust.
struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    depth: u32,
}

impl Reader<'_> {
    fn pattern(&mut self) -> Result<(), String> {
        // Whether what stands before may be repeated.
        let mut atom = false;
        while let Some(c) = self.rest.next() {
            match c {
                '*' | '+' | '?' | '{' => {
                    if !atom {
                        return Err(format!("repeats nothing with '{c}'"));
                    }
                    self.quantifier(c)?;
                    atom = false;
                }
                '(' => {
                    self.group()?;
                    atom = false;
                }
                '|' | '^' | '$' => {
                    self.out.push(c);
                    atom = false;
                }
                '\\' => atom = self.escape()?,
                _ => {
                    self.atom(c)?;
                    atom = true;
                }
            }
        }
        if self.depth > 0 { Err("has '(' without ')'".to_owned()) } else { Ok(()) }
    }

    fn atom(&mut self, c: char) -> Result<(), String> {
        match c {
            '.' => self.out.push_str(ANY),
            '[' => self.class()?,
            ')' => {
                self.depth = self.depth.checked_sub(1).ok_or("has ')' without '('")?;
                self.out.push(c);
            }
            ']' | '}' => return Err(format!(r"has '{c}' alone: write '\{c}'")),
            _ => self.out.push(c),
        }
        Ok(())
    }

    fn group(&mut self) -> Result<(), String> {
        if self.rest.next_if_eq(&'?').is_some() && self.rest.next_if_eq(&':').is_none() {
            return Err(
                "has a group of a kind that not every platform knows: only '(' and '(?:' are".to_owned()
            );
        }
        self.depth += 1;
        self.out.push_str("(?:");
        Ok(())
    }

    /// Gives whether it may be repeated.
    fn escape(&mut self) -> Result<bool, String> {
        let c = self.rest.next().ok_or(r"ends with '\'")?;
        match c {
            's' => self.out.push_str(&format!("[{SPACES}]")),
            'S' => self.out.push_str(&format!("[^{SPACES}]")),
            'b' | 'B' => {
                self.out.extend(['\\', c]);
                return Ok(false);
            }
            _ => self.simple_escape(c, SYNTAX)?,
        }
        Ok(true)
    }

    /// An escape that means the same inside of a class and outside.
    fn simple_escape(&mut self, c: char, syntax: &str) -> Result<(), String> {
        match c {
            'd' | 'D' | 'w' | 'W' | 'n' | 'r' | 't' | 'f' | 'v' => self.out.extend(['\\', c]),
            _ if syntax.contains(c) => self.out.extend(['\\', c]),
            _ => return Err(format!(r"has the escape '\{c}', which not every platform knows")),
        }
        Ok(())
    }

    fn quantifier(&mut self, c: char) -> Result<(), String> {
        self.out.push(c);
        if c == '{' {
            let mut inner = String::new();
            while let Some(c) = self.rest.next_if(|c| c.is_ascii_digit() || *c == ',') {
                inner.push(c);
            }
            let (least, most) = inner.split_once(',').unwrap_or((&inner, "0"));
            if least.is_empty() || most.contains(',') || self.rest.next_if_eq(&'}').is_none() {
                return Err(r"has '{' that begins no quantifier: write '\{'".to_owned());
            }
            self.out.push_str(&inner);
            self.out.push('}');
        }
        self.out.extend(self.rest.next_if_eq(&'?'));
        Ok(())
    }

    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        self.out.extend(self.rest.next_if_eq(&'^'));
        if self.rest.peek() == Some(&']') {
            return Err("has an empty class".to_owned());
        }
        while let Some(c) = self.rest.next() {
            match c {
                ']' => {
                    self.out.push(c);
                    return Ok(());
                }
                '[' => return Err(r"has '[' in a class: write '\['".to_owned()),
                '&' | '-' | '~' if self.rest.peek() == Some(&c) => {
                    return Err(format!("has '{c}{c}' in a class, which means something on some platforms"));
                }
                '\\' => match self.rest.next().ok_or(r"ends with '\'")? {
                    's' => self.out.push_str(SPACES),
                    '-' => self.out.push_str(r"\-"),
                    c => self.simple_escape(c, SYNTAX)?,
                },
                _ => self.out.push(c),
            }
        }
        Err("has '[' without ']'".to_owned())
    }
}

#[cfg(test)]
mod tests;
