//! Java: the class path of manifests and of command lines (`java`, *Using the JDK_JAVA_OPTIONS*; JAR file
//! specification), and the parts of a runtime that it loads by name.

use casehard_image::Entry;
use casehard_oci::RootPath;

use super::{Closure, Grade, elf};
use crate::plan::Rule;

/// What the manifest of a JAR on the class path names is on the class path too.
pub(super) fn close<'a>(closure: &mut Closure<'a>, entry: Entry<'a>, grade: Grade) {
    let Some(names) = closure.ground.inventory.facts(entry).and_then(|facts| facts.class_path.as_ref())
    else {
        return;
    };
    let Some(directory) = entry.parent() else { return };
    for name in names.texts() {
        let name = name.strip_prefix("file:").unwrap_or(name);
        let path = directory.path().join_as_kernel(name.as_bytes());
        let Some(found) = closure.ground.tree.resolve(&path).entry else { continue };
        if grade == Grade::Active || closure.ground.may_bring(entry, found) {
            on_class_path(closure, &path, grade, entry);
        }
    }
}

/// The class paths and module paths on the command lines of Java launchers that ran, and in the environment. The
/// virtual machine opens their JARs as it comes to need them.
pub(super) fn command_lines(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    let workdir = RootPath::root().join_as_kernel(ground.config.config.working_dir.as_bytes());
    for (program, lists) in &ground.profile.programs {
        let Some(launcher) = ground.tree.resolve(program).entry.filter(|launcher| home(*launcher).is_some())
        else {
            continue;
        };
        let mut values: Vec<&str> = lists.iter().flat_map(|list| class_paths(list)).collect();
        values.extend(ground.config.config.env("CLASSPATH"));
        for part in values.iter().flat_map(|value| value.split(':')).filter(|part| !part.is_empty()) {
            on_class_path(closure, &workdir.join_as_kernel(part.as_bytes()), Grade::Active, launcher);
        }
    }
}

/// The values of the options that take a path of JARs.
fn class_paths(arguments: &[String]) -> Vec<&str> {
    const OPTIONS: &[&str] = &["-cp", "-classpath", "--class-path", "-p", "--module-path", "-jar"];
    let pairs = arguments.iter().zip(arguments.iter().skip(1));
    let behind =
        pairs.filter(|(option, _)| OPTIONS.contains(&option.as_str())).map(|(_, value)| value.as_str());
    let joined = arguments.iter().filter_map(|argument| {
        let (option, value) = argument.split_once('=')?;
        matches!(option, "--class-path" | "--module-path" | "-Djava.class.path").then_some(value)
    });
    behind.chain(joined).collect()
}

/// A JAR, a directory of classes, or `DIRECTORY/*`: all JARs there.
fn on_class_path<'a>(closure: &mut Closure<'a>, path: &RootPath, grade: Grade, by: Entry<'a>) {
    let tree = closure.ground.tree;
    if path.file_name() == Some(b"*") {
        let directory = path.parent().and_then(|directory| tree.resolve(&directory).entry);
        let jars =
            directory.into_iter().flat_map(Entry::children).filter(|jar| jar.name().ends_with(b".jar"));
        for jar in jars.collect::<Vec<_>>() {
            closure.need_path(&jar.path(), grade, by, Rule::ClassPath);
        }
        return;
    }
    let Some(found) = closure.need_path(path, grade, by, Rule::ClassPath) else { return };
    if found.is_directory() {
        for class in found.below().filter(|class| class.is_file()).collect::<Vec<_>>() {
            closure.need(class, Grade::Member, by, Rule::ClassPath);
        }
    }
}

/// The home of the runtime that a program or library stands in: where `lib/jvm.cfg` or `lib/MACHINE/jvm.cfg` is.
fn home(entry: Entry<'_>) -> Option<Entry<'_>> {
    std::iter::successors(entry.parent(), |entry| entry.parent()).take(4).find(|home| {
        home.child(b"lib").is_some_and(|lib| {
            lib.child(b"jvm.cfg").is_some()
                || lib.children().any(|machine| machine.child(b"jvm.cfg").is_some())
        })
    })
}

/// A runtime that ran keeps its configuration, its data, and the libraries that its classes load by name, as far as
/// these need nothing that does not stay already. Its tools, sources and headers are no part of it.
pub(super) fn runtimes(closure: &mut Closure<'_>) {
    let ground = closure.ground;
    for node in closure.nodes() {
        let machine = ground.tree.entry(node);
        if machine.name() != b"libjvm.so" || closure.grade(node) != Some(Grade::Active) {
            continue;
        }
        let Some(home) = home(machine) else { continue };
        for name in [&b"release"[..], b"conf", b"lib"] {
            let Some(part) = home.child(name) else { continue };
            for entry in std::iter::once(part).chain(part.below()) {
                if !entry.is_directory() && belongs(closure, entry) {
                    closure.need_path(&entry.path(), Grade::Member, machine, Rule::JavaRuntime);
                    closure.need(entry, Grade::Member, machine, Rule::JavaRuntime);
                }
            }
        }
    }
}

fn belongs<'a>(closure: &Closure<'a>, entry: Entry<'a>) -> bool {
    let Some(file) = closure.ground.tree.resolve(&entry.path()).entry.filter(|file| file.is_file()) else {
        return false;
    };
    if elf::is_elf(closure, file) {
        return elf::is_library(closure, file) && elf::needs_nothing_new(closure, file);
    }
    // The signatures of other releases and the sources are for compilers and people.
    !matches!(entry.name(), b"ct.sym" | b"src.zip" | b"classlist")
}
