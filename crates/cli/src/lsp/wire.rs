//! Messages: a header with the length, an empty line, JSON (*Base Protocol*).

use std::io::{self, BufRead, Write};

use serde_json::Value;

/// Bytes of one message.
const LARGEST: usize = 32 << 20;
/// Bytes of one line of a header.
const LONGEST_LINE: u64 = 4096;

/// The next message, or nothing at the end of the input.
///
/// # Errors
/// When the input breaks off, or is not of this protocol.
pub fn read(input: &mut impl BufRead) -> io::Result<Option<Value>> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut length = None;
    loop {
        let mut line = String::new();
        if io::Read::take(&mut *input, LONGEST_LINE).read_line(&mut line)? == 0 {
            return if length.is_none() { Ok(None) } else { Err(wrong("the input ends inside a header")) };
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { return Err(wrong("a header has no colon")) };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let length =
        length.filter(|length| *length <= LARGEST).ok_or_else(|| wrong("no usable Content-Length"))?;
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    serde_json::from_slice(&body).map(Some).map_err(|error| wrong(&error.to_string()))
}

/// Sends a message.
///
/// # Errors
/// When it cannot be written.
pub fn write(output: &mut impl Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_one_by_one_and_broken_ones_refused() {
        let mut bytes = Vec::new();
        write(&mut bytes, &serde_json::json!({"a": "é"})).unwrap();
        write(&mut bytes, &serde_json::json!([1])).unwrap();
        let mut input = bytes.as_slice();
        assert_eq!(read(&mut input).unwrap().unwrap()["a"], "é");
        assert_eq!(read(&mut input).unwrap().unwrap()[0], 1);
        assert!(read(&mut input).unwrap().is_none());
        for broken in [
            "Content-Length: 9999999999\r\n\r\n",
            "x\r\n\r\n",
            "Content-Length: 4\r\n\r\n{",
            "Content-Length: 1\r\n",
        ] {
            assert!(read(&mut broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
