//! The first line of a script (`execve(2)`, *Interpreter scripts*).

/// Which program runs a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The path after `#!`.
    pub interpreter: Box<[u8]>,
    /// The rest of the line, which the kernel passes as one argument.
    pub argument: Option<Box<[u8]>>,
    /// Whether the line ends as on Windows: the kernel takes the carriage return for a part of the last word, which
    /// nothing is called.
    pub carriage_return: bool,
}

impl Script {
    /// Reads the first line. The kernel looks at 256 bytes.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let line = bytes.strip_prefix(b"#!")?;
        let line = &line[..line.len().min(254)];
        let line = &line[..memchr::memchr2(b'\n', 0, line).unwrap_or(line.len())];
        let carriage_return = line.ends_with(b"\r");
        let line = line.trim_ascii();
        let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
        let (interpreter, argument) = line.split_at(end);
        let argument = argument.trim_ascii();
        (!interpreter.is_empty()).then(|| Self {
            interpreter: interpreter.into(),
            argument: (!argument.is_empty()).then(|| argument.into()),
            carriage_return,
        })
    }

    /// The program that `env` is asked to find in `PATH`, when the interpreter is `env`.
    #[must_use]
    pub fn by_env(&self) -> Option<&[u8]> {
        if self.interpreter.rsplit(|byte| *byte == b'/').next()? != b"env" {
            return None;
        }
        let words = self.argument.as_deref()?.split(|byte| matches!(byte, b' ' | b'\t'));
        words.filter(|word| !word.is_empty()).find(|word| !word.starts_with(b"-") && !word.contains(&b'='))
    }

    /// The file name of the program that reads the script in the end.
    #[must_use]
    pub fn program(&self) -> &[u8] {
        let path = self.by_env().unwrap_or(&self.interpreter);
        path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
    }

    /// Whether the script is Python.
    #[must_use]
    pub fn is_python(&self) -> bool {
        let program = self.program();
        program.starts_with(b"python") || program.starts_with(b"pypy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_the_program() {
        for (text, interpreter, argument, program) in [
            ("#!/bin/sh\nx", "/bin/sh", None, "sh"),
            ("#! /bin/sh -e \n", "/bin/sh", Some("-e"), "sh"),
            ("#!/usr/bin/env python3\r\n", "/usr/bin/env", Some("python3"), "python3"),
            ("#!/usr/bin/env -S A=1 node --x", "/usr/bin/env", Some("-S A=1 node --x"), "node"),
        ] {
            let script = Script::read(text.as_bytes()).unwrap();
            assert_eq!(script.carriage_return, text.contains('\r'));
            assert_eq!(&*script.interpreter, interpreter.as_bytes());
            assert_eq!(script.argument.as_deref(), argument.map(str::as_bytes));
            assert_eq!(script.program(), program.as_bytes());
        }
        assert_eq!(Script::read(b"#!\n/bin/sh"), None);
        assert_eq!(Script::read(b"# !/bin/sh"), None);
        assert!(Script::read(b"#!/opt/venv/bin/python3.11").unwrap().is_python());
    }
}
