//! What is shipped of an application, by the language of the image that it is built on.

use casehard_dockerfile::shell::Command;

use super::{
    RewriteError,
    bases::{Tag, beside, tagged},
    stage::{Built, Moved, Program, Shipped},
};
use crate::{
    build::{Call, Install, Manager},
    shells::is_shell,
};

/// Where the distroless bases have their interpreters.
const NODE: &str = "/nodejs/bin/node";
const JAVA: &str = "/usr/bin/java";

/// Modules that an Alpine stage compiled do not load where the C library is another.
pub(super) const OTHER_LIBC: &str = "the build stage is Alpine's: modules that it compiles or takes for musl do not load in the new base, so build on the Debian variant";

impl Built<'_> {
    pub(super) fn shipped(&self) -> Result<Shipped, RewriteError> {
        let written = self.start.program();
        let program = written.rsplit('/').next().unwrap_or(written);
        let is_script = std::path::Path::new(program).extension().is_some_and(|end| end == "sh");
        if self.is_distroless() && (is_shell(program) || is_script) {
            return Err(RewriteError::Shell(written.to_owned()));
        }
        match (self.image.base(), program) {
            ("golang" | "rust" | "gcc", _) => self.compiled(),
            ("node", "npm" | "yarn" | "pnpm") if self.is_distroless() => {
                Err(RewriteError::PackageManager(program.to_owned()))
            }
            ("node", "node" | "npm" | "yarn" | "pnpm") => self.node(),
            ("python", _) if self.installs_by_pip() || program.contains("python") => self.python(),
            ("maven" | "gradle" | "eclipse-temurin" | "openjdk", "java") => self.java(),
            _ => Err(RewriteError::Unknown),
        }
    }

    fn installs_by_pip(&self) -> bool {
        self.calls().any(|call| Install::of(call).is_some_and(|one| one.manager == Manager::Pip))
    }

    fn compiled(&self) -> Result<Shipped, RewriteError> {
        let is_build = |call: &Call<'_>| {
            matches!((call.program(), call.subcommand()), ("go" | "cargo", "build" | "install"))
                || matches!(call.program(), "gcc" | "g++" | "cc" | "make")
        };
        let builds = self.calls().find(is_build).ok_or(RewriteError::Unknown)?;
        let is_static = builds.command.assignments.iter().any(|word| word.raw == "CGO_ENABLED=0")
            || builds.command.words.iter().any(|word| matches!(word.raw.as_str(), "-static" | "-static-pie"))
            || text_of(builds.command).contains("musl")
            || self.is_static_by_itself();
        let path = self.program_path().ok_or(RewriteError::Unknown)?;
        let tag = Tag::of(&self.image);
        let debian = tag.debian().unwrap_or(13);
        let base = match (self.is_distroless(), is_static, tag.alpine()) {
            (true, true, _) => "scratch".to_owned(),
            (true, false, Some(_)) => return Err(RewriteError::Musl),
            (true, false, None) => format!("${{DISTROLESS}}/cc-debian{debian}:nonroot"),
            (false, _, Some(alpine)) => {
                let version = alpine.trim_start_matches("alpine");
                beside(&self.image, &format!("alpine:{}", if version.is_empty() { "3" } else { version }))
            }
            (false, _, None) => beside(&self.image, &format!("debian:{debian}-slim")),
        };
        let mut notes = vec![if is_static {
            "the program is built statically, so it needs no library"
        } else {
            "the program needs the C library of the stage that builds it: the new base must have the same or a newer one"
        }];
        if base == "scratch" {
            notes.push("scratch has no certificates, time zones or temporary folder: copy /etc/ssl/certs/ca-certificates.crt from the build stage when the program opens TLS connections");
        }
        let is_found = !self.start.program().contains('/');
        let program = if is_found { Program::At(path.clone()) } else { Program::AsWritten };
        Ok(Shipped { base, paths: vec![Moved::as_it_is(path)], environment: Vec::new(), program, notes })
    }

    /// Whether the image links statically unless it is told otherwise: Alpine's Rust does, and Go where there is no C
    /// compiler that it could use.
    fn is_static_by_itself(&self) -> bool {
        let has_compiler = || {
            let mut installs = self.calls().filter_map(Install::of);
            installs.any(|one| {
                one.names().any(|(name, _)| matches!(name, "build-base" | "gcc" | "g++" | "clang"))
            })
        };
        Tag::of(&self.image).alpine().is_some()
            && match self.image.base() {
                "rust" => true,
                "golang" => !has_compiler(),
                _ => false,
            }
    }

    /// Where the program stands that is started: a bare name is looked for where the compilers put it.
    fn program_path(&self) -> Option<String> {
        let written = self.start.program();
        if written.contains('/') {
            return Some(self.absolute(written));
        }
        let is_it = |path: &str| path.rsplit('/').next() == Some(written);
        let named = self.calls().find_map(|call| call.flag_value(&["-o"]).filter(|path| is_it(path)));
        if let Some(path) = named {
            return Some(self.absolute(path));
        }
        let installer = self
            .calls()
            .find(|call| call.subcommand() == "install" && matches!(call.program(), "go" | "cargo"))?;
        let folder = if installer.program() == "go" { "/go/bin" } else { "/usr/local/cargo/bin" };
        Some(format!("{folder}/{written}"))
    }

    fn interpreter(&self, path: &'static str) -> Program {
        if self.is_distroless() { Program::Interpreter(path, None) } else { Program::AsWritten }
    }

    fn node(&self) -> Result<Shipped, RewriteError> {
        let tag = Tag::of(&self.image);
        let mut notes = vec![
            "development dependencies are shipped unless the build stage prunes them (npm prune --omit=dev)",
        ];
        let base = if self.is_distroless() {
            if tag.alpine().is_some() {
                notes.push(OTHER_LIBC);
            }
            // There is one for each line of releases.
            let line = tag.version().and_then(|version| version.split('.').next());
            let line = line.ok_or(RewriteError::Release("Node"))?;
            format!("${{DISTROLESS}}/nodejs{line}-debian{}:nonroot", tag.debian().unwrap_or(12))
        } else {
            tagged(&self.image, &tag.slim(false))
        };
        let mut paths = vec![Moved::as_it_is(self.own_folder()?)];
        let is_global =
            |call: &Call<'_>| matches!(call.program(), "npm" | "pnpm") && call.has_flag(&["-g", "--global"]);
        if self.calls().any(|call| is_global(&call)) {
            paths.push(Moved::as_it_is("/usr/local/lib/node_modules".to_owned()));
        }
        let program = self.interpreter(NODE);
        Ok(Shipped { base, paths, environment: Vec::new(), program, notes })
    }

    fn java(&self) -> Result<Shipped, RewriteError> {
        let words: Vec<&str> = self.start.words().collect();
        let after = |flags: &[&str]| {
            let at = words.iter().position(|word| flags.contains(word))?;
            words.get(at + 1).copied()
        };
        let (paths, note) = match after(&["-jar"]) {
            Some(jar) => {
                (vec![self.absolute(jar)], "only the archive is copied: it must hold what it depends on")
            }
            None => {
                let path = after(&["-cp", "-classpath", "--class-path"]).ok_or(RewriteError::Unknown)?;
                let parts = path.split(':').filter(|part| !part.is_empty());
                let paths = parts.map(|part| self.absolute(part.trim_end_matches("/*"))).collect();
                (paths, "only the class path is copied")
            }
        };
        let tag = Tag::of(&self.image);
        let java = tag.java().ok_or(RewriteError::Release("Java"))?;
        let base = if self.is_distroless() {
            let debian = match java {
                8 | 11 => return Err(RewriteError::NoDistroless(format!("Java {java}"))),
                25 => 13,
                _ => 12,
            };
            format!("${{DISTROLESS}}/java{java}-debian{debian}:nonroot")
        } else {
            let alpine = if tag.alpine().is_some() { "-alpine" } else { "" };
            beside(&self.image, &format!("eclipse-temurin:{java}-jre{alpine}"))
        };
        let program = self.interpreter(JAVA);
        let paths = paths.into_iter().map(Moved::as_it_is).collect();
        Ok(Shipped { base, paths, environment: Vec::new(), program, notes: vec![note] })
    }
}

fn text_of(command: &Command) -> String {
    command.words.iter().map(|word| word.raw.as_str()).collect::<Vec<_>>().join(" ")
}
