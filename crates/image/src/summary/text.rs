//! A summary for people.

use std::fmt;

use casehard_oci::escape;

use super::{LayerSummary, Sized, Summary};

/// Lines of text, every word from the image escaped.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "Image", &self.name)?;
        line(f, "Digest", &self.digest.to_string())?;
        line(f, "Platform", &self.platform.to_string())?;
        for (at, manifest) in self.index.iter().filter(|_| self.index.len() > 1).enumerate() {
            let platform = manifest.platform.as_ref().map_or("unknown".to_owned(), ToString::to_string);
            let kind = if manifest.attestation { "attestation" } else { &platform };
            line(f, if at == 0 { "In an index" } else { "" }, &format!("{kind} {}", manifest.digest))?;
        }
        if let Some(created) = &self.config.created {
            line(f, "Created", created)?;
        }
        let layers = self.layers.len();
        writeln!(
            f,
            "{:<12} {} compressed in {layers} layer{}, {} in files, {} entries",
            "Size",
            bytes(self.compressed),
            if layers == 1 { "" } else { "s" },
            bytes(self.files_size),
            self.entries
        )?;
        if self.wasted > 0 {
            line(f, "Wasted", &format!("{} replaced or removed by upper layers", bytes(self.wasted)))?;
        }
        self.container(f)?;
        self.layers(f)?;
        table(f, "Largest directories", &self.largest_directories)?;
        table(f, "Largest files", &self.largest_files)?;
        self.empty_history(f)
    }
}

impl Summary {
    fn container(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let container = &self.config.config;
        writeln!(f, "\nConfiguration")?;
        let user = if container.user.is_empty() { "(root)" } else { &container.user };
        field(f, "User", user)?;
        let lists =
            [("Entrypoint", &container.entrypoint), ("Cmd", &container.cmd), ("Shell", &container.shell)];
        for (name, list) in lists {
            if let Some(list) = list {
                field(f, name, &words(list))?;
            }
        }
        if !container.working_dir.is_empty() {
            field(f, "WorkingDir", &container.working_dir)?;
        }
        for variable in &container.env {
            field(f, "Env", variable)?;
        }
        for port in container.exposed_ports.keys() {
            field(f, "Port", port)?;
        }
        for volume in container.volumes.keys() {
            field(f, "Volume", volume)?;
        }
        if let Some(healthcheck) = &container.healthcheck {
            field(f, "Healthcheck", &words(&healthcheck.test))?;
        }
        if let Some(signal) = &container.stop_signal {
            field(f, "StopSignal", signal)?;
        }
        for (name, value) in &container.labels {
            field(f, "Label", &format!("{name}={value}"))?;
        }
        for (name, value) in &self.annotations {
            field(f, "Annotation", &format!("{name}={value}"))?;
        }
        Ok(())
    }

    fn layers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nLayers")?;
        writeln!(
            f,
            "  {:>2} {:>10} {:>10} {:>10} {:>8}  created by",
            "#", "compressed", "adds", "wastes", "entries"
        )?;
        for (index, layer) in self.layers.iter().enumerate() {
            let LayerSummary { compressed, adds, wastes, entries, created_by, .. } = layer;
            let command = created_by.as_deref().unwrap_or_default();
            let sizes = [*compressed, *adds, *wastes].map(bytes);
            let [compressed, adds, wastes] = &sizes;
            writeln!(
                f,
                "  {:>2} {compressed:>10} {adds:>10} {wastes:>10} {entries:>8}  {}",
                index + 1,
                shortened(command)
            )?;
        }
        Ok(())
    }

    fn empty_history(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut empty = self.config.history.iter().filter(|entry| entry.empty_layer).peekable();
        if empty.peek().is_some() {
            writeln!(f, "\nHistory without layers")?;
        }
        for entry in empty {
            writeln!(f, "  {}", shortened(entry.created_by.as_deref().unwrap_or_default()))?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    writeln!(f, "{name:<12} {}", escape(value.as_bytes()))
}

fn field(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    writeln!(f, "  {name:<12} {}", escape(value.as_bytes()))
}

fn table(f: &mut fmt::Formatter<'_>, title: &str, rows: &[Sized]) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title}")?;
    for Sized { size, path } in rows {
        writeln!(f, "  {:>10}  {path}", bytes(*size))?;
    }
    Ok(())
}

fn words(list: &[String]) -> String {
    let quoted: Vec<String> = list.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

/// One line of a command, which may be a whole script.
fn shortened(command: &str) -> String {
    const LONGEST: usize = 100;
    let flat = command.split_whitespace().collect::<Vec<_>>().join(" ");
    let flat = flat.strip_prefix("/bin/sh -c #(nop) ").unwrap_or(&flat);
    let mut short: String = flat.chars().take(LONGEST).collect();
    if short.len() < flat.len() {
        short.push('…');
    }
    escape(short.as_bytes()).into_owned()
}

/// Bytes in powers of a thousand, as container tools show them.
fn bytes(count: u64) -> String {
    let (mut whole, mut rest, mut unit) = (count, 0, 0);
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    while whole >= 1000 {
        (rest, whole) = (whole % 1000, whole / 1000);
        unit += 1;
    }
    match (unit, whole) {
        (0, _) => format!("{whole} B"),
        (_, 0..100) => format!("{whole}.{} {}", rest / 100, UNITS[unit]),
        _ => format!("{whole} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_readable() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (145_644_544, "145 MB"),
            (99_950_000, "99.9 MB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn commands_are_one_harmless_line() {
        assert_eq!(shortened("/bin/sh -c #(nop)  CMD [\"a\"]"), "CMD [\"a\"]");
        assert_eq!(shortened("a\n\t b \u{1b}[31m"), "a b \\x1b[31m");
        assert_eq!(shortened(&"x".repeat(200)).chars().count(), 101);
    }
}
