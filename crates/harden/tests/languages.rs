//! What stays with used code of each language though no run touched it, at level `file`.

use casehard_harden::{Ground, Level, Plan, Policy, Tools, plan};
use casehard_oci::Container;
use casehard_profile::{Access, Observation, Phase, Profile};
use casehard_testkit::{Made, image, path};

fn profile(uses: &[(&str, Access)], program: &str) -> Profile {
    let mut profile = Profile::default();
    for (used, access) in uses {
        profile.observe(Observation::Path {
            path: path(used),
            access: *access,
            program: Some(path(program)),
            phase: Phase::new("start"),
        });
    }
    profile
}

fn planned(made: &Made, profile: &Profile, level: Level) -> Plan {
    let (tree, inventory, tools) = Tools::read(&made.image).unwrap();
    let policy = Policy { level, ..Policy::default() };
    plan(Ground {
        image: &made.image,
        tree: &tree,
        inventory: &inventory,
        tools: &tools,
        profile,
        policy: &policy,
    })
}

/// The files that stay, and that all others of the image's files go.
fn check(layer: &str, read: &[&str], program: &str, expected: &[&str]) {
    let made = image(&[layer], Container::default());
    let uses: Vec<_> = read.iter().map(|path| (*path, Access::Read)).collect();
    let plan = planned(&made, &profile(&uses, program), Level::File);
    let is_file = |path: &str| {
        let words =
            |line: &str| line.strip_prefix("f ").and_then(|line| line.split(' ').next().map(str::to_owned));
        layer.lines().filter_map(words).any(|file| file == path[1..])
    };
    let mut kept: Vec<String> =
        plan.keep.keys().map(ToString::to_string).filter(|path| is_file(path)).collect();
    let mut expected: Vec<String> = expected.iter().chain(read).map(ToString::to_string).collect();
    kept.sort();
    expected.sort();
    expected.dedup();
    assert_eq!(kept, expected);
}

#[test]
fn node_packages_are_found_as_node_finds_them() {
    let layer = r#"
f usr/bin/node 755 = node
f srv/app/main.js = const a = require("a"); async () => import("@s/b/sub");
f srv/app/later.js = require("c")
f srv/app/package.json = {"name":"app","version":"1.0.0"}
f srv/app/node_modules/a/package.json = {"name":"a","version":"1.0.0","main":"lib"}
f srv/app/node_modules/a/lib/index.js = require("./lazy"); require("../data.json")
f srv/app/node_modules/a/lib/lazy.js = 1
f srv/app/node_modules/a/lib/unused.js = 1
f srv/app/node_modules/a/data.json = {}
f srv/app/node_modules/a/template.html = x
f srv/app/node_modules/a/test/fixture.html = x
l srv/app/node_modules/@s/b = ../.pnpm/b@1/node_modules/@s/b
f srv/app/node_modules/.pnpm/b@1/node_modules/@s/b/package.json = {"name":"@s/b","version":"1.0.0","exports":{"./sub":{"import":"./esm/sub.mjs"}},"dependencies":{"d":"1"}}
f srv/app/node_modules/.pnpm/b@1/node_modules/@s/b/esm/sub.mjs = import "d";
f srv/app/node_modules/.pnpm/b@1/node_modules/d/package.json = {"name":"d","version":"1.0.0"}
f srv/app/node_modules/.pnpm/b@1/node_modules/d/index.js = 1
f srv/app/node_modules/c/package.json = {"name":"c","version":"1.0.0"}
f srv/app/node_modules/c/index.js = require("./" + name)
f srv/app/node_modules/c/index/unused.js = 1
f srv/app/node_modules/unused/package.json = {"name":"unused","version":"1.0.0"}
f srv/app/node_modules/unused/index.js = 1
"#;
    check(
        layer,
        &[
            "/usr/bin/node",
            "/srv/app/main.js",
            "/srv/app/node_modules/a/package.json",
            "/srv/app/node_modules/a/lib/index.js",
        ],
        "/usr/bin/node",
        &[
            "/srv/app/later.js",
            "/srv/app/package.json",
            "/srv/app/node_modules/a/lib/lazy.js",
            "/srv/app/node_modules/a/data.json",
            "/srv/app/node_modules/a/template.html",
            "/srv/app/node_modules/.pnpm/b@1/node_modules/@s/b/package.json",
            "/srv/app/node_modules/.pnpm/b@1/node_modules/@s/b/esm/sub.mjs",
            "/srv/app/node_modules/.pnpm/b@1/node_modules/d/package.json",
            "/srv/app/node_modules/.pnpm/b@1/node_modules/d/index.js",
            "/srv/app/node_modules/c/package.json",
            "/srv/app/node_modules/c/index.js",
            // A package that computes what it loads keeps its own sources.
            "/srv/app/node_modules/c/index/unused.js",
        ],
    );
}

#[test]
fn perl_modules_and_their_compiled_parts() {
    let layer = r"
f usr/bin/perl 755 = perl
f srv/app/main.pl = use A;
f usr/share/perl5/A.pm = package A;\nuse strict;\nsub f { require A::Lazy; my $x = 'A::Named'; }\n1;\n
f usr/share/perl5/A/Lazy.pm = package A::Lazy;\nuse parent qw(B);\n
f usr/share/perl5/A/Named.pm = package A::Named;\n
f usr/share/perl5/A/Other.pm = package A::Other;\n
f usr/share/perl5/A/types.txt = x
f usr/share/perl5/PerlIO/via.pm = package PerlIO::via;\n
f usr/share/perl5/PerlIO.pm = package PerlIO;\n
f usr/share/perl5/Encode.pm = package Encode;\nuse Encode::Alias;\n
f usr/share/perl5/Encode/Alias.pm = package Encode::Alias;\n
f usr/lib/perl5/B.pm = package B;\n
f usr/lib/perl5/auto/B/B.so = x
f usr/lib/perl5/C.pm = package C;\n
f usr/lib/perl5/strict.pm = package strict;\n
";
    check(
        layer,
        &["/usr/bin/perl", "/srv/app/main.pl", "/usr/share/perl5/A.pm", "/usr/lib/perl5/strict.pm"],
        "/usr/bin/perl",
        &[
            "/usr/share/perl5/A/Lazy.pm",
            "/usr/share/perl5/A/Named.pm",
            "/usr/share/perl5/PerlIO/via.pm",
            "/usr/share/perl5/PerlIO.pm",
            "/usr/share/perl5/Encode.pm",
            "/usr/share/perl5/Encode/Alias.pm",
            "/usr/lib/perl5/B.pm",
            "/usr/lib/perl5/auto/B/B.so",
        ],
    );
}

#[test]
fn perl_finds_a_version_by_its_shorter_name() {
    let layer = r"
f usr/bin/perl 755 = perl
f usr/bin/report 755 = #!/usr/bin/perl\nrequire Later;\n
f usr/lib/perl-base/strict.pm = package strict;\n
l usr/share/perl/5.36 = 5.36.0
l usr/share/perl/5.34 = 5.34.0
f usr/share/perl/5.36.0/Later.pm = package Later;\n
f usr/share/perl/5.34.0/Other.pm = package Other;\n
";
    let made = image(&[layer], Container::default());
    let uses =
        ["/usr/bin/perl", "/usr/bin/report", "/usr/lib/perl-base/strict.pm"].map(|path| (path, Access::Read));
    let plan = planned(&made, &profile(&uses, "/usr/bin/perl"), Level::File);
    assert!(plan.keep.contains_key(&path("/usr/share/perl/5.36.0/Later.pm")));
    assert!(plan.keep.contains_key(&path("/usr/share/perl/5.36")));
    assert!(!plan.keep.contains_key(&path("/usr/share/perl/5.34")));
}

#[test]
fn a_compiled_part_of_ruby_requires_what_is_below_its_name() {
    let layer = r#"
f usr/bin/ruby 755 = ruby
f usr/lib/ruby/3.1.0/psych.rb = require "psych.so"
f usr/lib/ruby/3.1.0/psych/syntax_error.rb = 1
f usr/lib/ruby/3.1.0/psych.so = x
f usr/lib/ruby/3.1.0/json.rb = 1
f usr/lib/ruby/3.1.0/json/unused.rb = 1
"#;
    let used = ["/usr/bin/ruby", "/usr/lib/ruby/3.1.0/psych.rb", "/usr/lib/ruby/3.1.0/json.rb"];
    let expected = ["/usr/lib/ruby/3.1.0/psych.so", "/usr/lib/ruby/3.1.0/psych/syntax_error.rb"];
    check(layer, &used, "/usr/bin/ruby", &expected);
}

#[test]
fn ruby_features_and_specifications() {
    let layer = r#"
f usr/bin/ruby 755 = ruby
f srv/app/main.rb = require "rack"
f usr/lib/ruby/3.1.0/json.rb = autoload :Ext, "json/ext"
f usr/lib/ruby/3.1.0/json/ext.rb = require "json/parser"
f usr/lib/ruby/3.1.0/json/unused.rb = 1
f usr/lib/ruby/3.1.0/x86_64-linux-gnu/json/parser.so = x
f var/lib/gems/specifications/rack-2.0.gemspec = Gem::Specification.new do |s|\n s.name = "rack"\n s.version = "2.0"\n s.add_runtime_dependency("dep", [">= 1"])\nend\n
f var/lib/gems/specifications/dep-1.0.gemspec = Gem::Specification.new do |s|\n s.name = "dep"\n s.version = "1.0"\nend\n
f var/lib/gems/specifications/other-1.0.gemspec = Gem::Specification.new do |s|\n s.name = "other"\n s.version = "1.0"\nend\n
f var/lib/gems/gems/rack-2.0/lib/rack.rb = require_relative "rack/lazy"\nrequire "dep"
f var/lib/gems/gems/rack-2.0/lib/rack/lazy.rb = 1
f var/lib/gems/gems/rack-2.0/lib/rack/unused.rb = 1
f var/lib/gems/gems/dep-1.0/lib/dep.rb = 1
f var/lib/gems/gems/other-1.0/lib/other.rb = 1
"#;
    let made = image(&[layer], Container::default());
    let mut uses: Vec<_> = [
        "/usr/bin/ruby",
        "/srv/app/main.rb",
        "/usr/lib/ruby/3.1.0/json.rb",
        "/var/lib/gems/gems/rack-2.0/lib/rack.rb",
        "/var/lib/gems/specifications/rack-2.0.gemspec",
        "/var/lib/gems/specifications/other-1.0.gemspec",
    ]
    .map(|path| (path, Access::Read))
    .to_vec();
    uses.push(("/var/lib/gems/specifications", Access::Listed));
    for level in [Level::Package, Level::File] {
        let plan = planned(&made, &profile(&uses, "/usr/bin/ruby"), level);
        for kept in [
            "/usr/lib/ruby/3.1.0/json/ext.rb",
            "/usr/lib/ruby/3.1.0/x86_64-linux-gnu/json/parser.so",
            "/var/lib/gems/gems/rack-2.0/lib/rack/lazy.rb",
            "/var/lib/gems/gems/dep-1.0/lib/dep.rb",
            "/var/lib/gems/specifications/rack-2.0.gemspec",
            "/var/lib/gems/specifications/dep-1.0.gemspec",
        ] {
            assert!(plan.keep.contains_key(&path(kept)), "{kept} should stay at level {level}");
        }
        // That RubyGems looked through its records says nothing of a gem.
        for gone in
            ["/var/lib/gems/specifications/other-1.0.gemspec", "/var/lib/gems/gems/other-1.0/lib/other.rb"]
        {
            assert!(!plan.keep.contains_key(&path(gone)), "{gone} should go at level {level}");
        }
        let unused = plan.keep.contains_key(&path("/var/lib/gems/gems/rack-2.0/lib/rack/unused.rb"));
        assert_eq!(unused, level == Level::Package);
    }
}

#[test]
fn java_class_paths_and_runtimes() {
    let layer = r"
f opt/jdk/bin/java 755 = java
f opt/jdk/bin/javac 755 = javac
f opt/jdk/release = JAVA_VERSION=17
f opt/jdk/lib/jvm.cfg = -server
f opt/jdk/lib/modules = x
f opt/jdk/lib/tzdb.dat = x
f opt/jdk/lib/src.zip = x
f opt/jdk/lib/server/libjvm.so = x
f opt/jdk/conf/security/java.security = x
f opt/jdk/include/jni.h = x
f usr/share/java/a.jar = x
f usr/share/java/b.jar = x
f usr/share/java/c.jar = x
";
    let made = image(&[layer], Container { working_dir: "/usr/share/java".into(), ..Container::default() });
    let uses = ["/opt/jdk/bin/java", "/opt/jdk/lib/server/libjvm.so", "/opt/jdk/lib/modules"];
    let mut profile = profile(&uses.map(|path| (path, Access::Read)), "/opt/jdk/bin/java");
    profile.observe(Observation::Program {
        path: path("/opt/jdk/bin/java"),
        argv: ["java", "-cp", "a.jar:/usr/share/java/b.jar", "Main"].map(String::from).to_vec(),
        parent: None,
        phase: Phase::new("start"),
    });
    let plan = planned(&made, &profile, Level::File);
    let kept = |file: &str| plan.keep.contains_key(&path(file));
    for file in ["release", "lib/jvm.cfg", "lib/tzdb.dat", "conf/security/java.security"] {
        assert!(kept(&format!("/opt/jdk/{file}")), "{file} should stay");
    }
    for file in ["bin/javac", "lib/src.zip", "include/jni.h"] {
        assert!(!kept(&format!("/opt/jdk/{file}")), "{file} should go");
    }
    assert_eq!(["a", "b", "c"].map(|jar| kept(&format!("/usr/share/java/{jar}.jar"))), [true, true, false]);
}

#[test]
fn composer_packages_stay_for_the_autoloader() {
    let layer = r#"
f usr/bin/php 755 = php
f srv/app/index.php = x
f srv/app/vendor/autoload.php = x
f srv/app/vendor/composer/autoload_real.php = x
f srv/app/vendor/composer/installed.json = {"packages":[{"name":"a/a","version":"1.0.0","install-path":"../a/a"},{"name":"t/t","version":"1.0.0","install-path":"../t/t"}],"dev-package-names":["t/t"]}
f srv/app/vendor/a/a/src/Lazy.php = x
f srv/app/vendor/t/t/src/Test.php = x
"#;
    check(
        layer,
        &[
            "/usr/bin/php",
            "/srv/app/index.php",
            "/srv/app/vendor/autoload.php",
            "/srv/app/vendor/composer/autoload_real.php",
        ],
        "/usr/bin/php",
        &["/srv/app/vendor/composer/installed.json", "/srv/app/vendor/a/a/src/Lazy.php"],
    );
}

#[test]
fn python_imports_that_have_not_run() {
    let layer = r"
f usr/bin/python3 755 = python
f usr/lib/python3.11/encodings/__init__.py = 1
f usr/lib/python3.11/os.py = import ntpath\ndef f():\n    import lazy\n
f usr/lib/python3.11/lazy.py = import second\nif TYPE_CHECKING:\n    import typed\n
f usr/lib/python3.11/second.py = 1
f usr/lib/python3.11/typed.py = 1
f usr/lib/python3.11/ntpath.py = 1
";
    check(
        layer,
        &["/usr/bin/python3", "/usr/lib/python3.11/encodings/__init__.py", "/usr/lib/python3.11/os.py"],
        "/usr/bin/python3",
        // What `os` imports as it starts was seen or is for another system.
        &["/usr/lib/python3.11/lazy.py", "/usr/lib/python3.11/second.py"],
    );
}

#[test]
fn python_modules_that_people_run_and_those_of_computed_names() {
    let layer = r"
f usr/bin/python3 755 = python
f usr/lib/python3.11/encodings/__init__.py = 1
f usr/lib/python3.11/zoneinfo.py = def f():\n    import sysconfig\n
f usr/lib/python3.11/sysconfig.py = 1
f usr/lib/python3.11/_sysconfigdata__x86_64-linux-gnu.py = 1
f usr/lib/python3.11/json/__init__.py = 1
f usr/lib/python3.11/json/tool.py = if __name__ == '__main__':\n    main()\n
f usr/lib/python3.11/json/scanner.py = 1
f usr/lib/python3.11/other/__init__.py = 1
f usr/lib/python3.11/other/__main__.py = 1
";
    check(
        layer,
        &[
            "/usr/bin/python3",
            "/usr/lib/python3.11/encodings/__init__.py",
            "/usr/lib/python3.11/zoneinfo.py",
            "/usr/lib/python3.11/json/__init__.py",
        ],
        "/usr/bin/python3",
        &[
            "/usr/lib/python3.11/sysconfig.py",
            "/usr/lib/python3.11/_sysconfigdata__x86_64-linux-gnu.py",
            "/usr/lib/python3.11/json/tool.py",
        ],
    );
}

#[test]
fn parts_of_the_standard_library_import_each_other_and_nobody_else() {
    let package = |name: &str, source: &str| {
        format!(r"Package: {name}\nSource: {source}\nStatus: install ok installed\nVersion: 1\n\n")
    };
    let status =
        [package("minimal", "python"), package("stdlib", "python"), package("tk", "extras")].concat();
    let layer = format!(
        r"
f var/lib/dpkg/status = {status}
f var/lib/dpkg/info/minimal.list = /.\n/usr/lib/python3.11/encodings/__init__.py\n/usr/lib/python3.11/encodings/jp.py\n
f var/lib/dpkg/info/stdlib.list = /.\n/usr/lib/python3.11/lib-dynload/_codecs_jp.so\n
f var/lib/dpkg/info/tk.list = /.\n/usr/lib/python3.11/tkinter.py\n
f usr/bin/python3 755 = python
f usr/lib/python3.11/encodings/__init__.py = 1
f usr/lib/python3.11/encodings/jp.py = import _codecs_jp, tkinter\n
f usr/lib/python3.11/lib-dynload/_codecs_jp.so = x
f usr/lib/python3.11/tkinter.py = 1
"
    );
    let made = image(&[&layer], Container::default());
    let uses =
        ["/usr/bin/python3", "/usr/lib/python3.11/encodings/__init__.py"].map(|path| (path, Access::Read));
    let plan = planned(&made, &profile(&uses, "/usr/bin/python3"), Level::File);
    assert!(plan.keep.contains_key(&path("/usr/lib/python3.11/lib-dynload/_codecs_jp.so")));
    assert!(!plan.keep.contains_key(&path("/usr/lib/python3.11/tkinter.py")));
}

#[test]
fn code_that_stands_in_no_file_may_import_the_whole_standard_library() {
    let layer = r"
f usr/bin/python3 755 = python
f usr/lib/python3.11/encodings/__init__.py = 1
f usr/lib/python3.11/os.py = 1
f usr/lib/python3.11/sqlite3/__init__.py = 1
f usr/lib/python3.11/lib-dynload/_bz2.so = x
f usr/lib/python3.11/test/support.py = 1
f usr/lib/python3.11/site-packages/extra.py = 1
";
    let made = image(&[layer], Container::default());
    let uses = ["/usr/bin/python3", "/usr/lib/python3.11/encodings/__init__.py", "/usr/lib/python3.11/os.py"]
        .map(|path| (path, Access::Read));
    for (argv, expected) in [(["python3", "-c", "1"], true), (["python3", "app.py", "-c"], false)] {
        let mut profile = profile(&uses, "/usr/bin/python3");
        profile.observe(Observation::Program {
            path: path("/usr/bin/python3"),
            argv: argv.map(str::to_owned).to_vec(),
            parent: None,
            phase: Phase::new("start"),
        });
        let plan = planned(&made, &profile, Level::File);
        for name in ["sqlite3/__init__.py", "lib-dynload/_bz2.so"] {
            let kept = plan.keep.contains_key(&path(&format!("/usr/lib/python3.11/{name}")));
            assert_eq!(kept, expected, "{argv:?}: {name}");
        }
        for name in ["test/support.py", "site-packages/extra.py"] {
            assert!(
                !plan.keep.contains_key(&path(&format!("/usr/lib/python3.11/{name}"))),
                "{argv:?}: {name}"
            );
        }
    }
}

#[test]
fn data_that_a_distribution_moved_stays_behind_its_links() {
    let layer = r"
f var/lib/dpkg/status = Package: babel\nStatus: install ok installed\nVersion: 1\nDepends: babel-data\n\nPackage: babel-data\nStatus: install ok installed\nVersion: 1\n\nPackage: other\nStatus: install ok installed\nVersion: 1\n
f var/lib/dpkg/info/babel.list = /.\n/usr/lib/python3/dist-packages/babel/__init__.py\n/usr/lib/python3/dist-packages/babel/global.dat\n/usr/lib/python3/dist-packages/babel/locale-data\n/usr/lib/python3/dist-packages/babel/other\n
f var/lib/dpkg/info/babel-data.list = /.\n/usr/share/babel/global.dat\n/usr/share/babel/locale-data/de.dat\n
f var/lib/dpkg/info/other.list = /.\n/usr/share/other/x.dat\n
f usr/bin/python3 755 = python
f usr/lib/python3.11/encodings/__init__.py = 1
f usr/lib/python3/dist-packages/babel/__init__.py = 1
l usr/lib/python3/dist-packages/babel/global.dat = /usr/share/babel/global.dat
l usr/lib/python3/dist-packages/babel/locale-data = /usr/share/babel/locale-data
l usr/lib/python3/dist-packages/babel/other = /usr/share/other
f usr/share/babel/global.dat = x
f usr/share/babel/locale-data/de.dat = x
f usr/share/other/x.dat = x
";
    let made = image(&[layer], Container::default());
    let uses = [
        "/usr/bin/python3",
        "/usr/lib/python3.11/encodings/__init__.py",
        "/usr/lib/python3/dist-packages/babel/__init__.py",
    ]
    .map(|path| (path, Access::Read));
    let plan = planned(&made, &profile(&uses, "/usr/bin/python3"), Level::File);
    for (name, expected) in [
        ("/usr/lib/python3/dist-packages/babel/global.dat", true),
        ("/usr/share/babel/global.dat", true),
        ("/usr/share/babel/locale-data/de.dat", true),
        ("/usr/share/other/x.dat", false),
    ] {
        assert_eq!(plan.keep.contains_key(&path(name)), expected, "{name}");
    }
}

#[test]
fn assemblies_are_listed_and_time_zones_are_looked_up_by_name() {
    let layer = r#"
f usr/share/dotnet/dotnet 755 = host
f usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/Microsoft.NETCore.App.deps.json = {}
f usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/System.Private.CoreLib.dll = MZ
f usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/System.Private.Xml.dll = MZ
f usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1/libSystem.Native.so = native
f usr/share/dotnet/shared/Other.App/8.0.1/Other.dll = MZ
f usr/share/zoneinfo/Europe/Berlin = zone
"#;
    let framework = "/usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.1";
    let at = |name: &str| format!("{framework}/{name}");
    check(
        layer,
        &[
            &at("Microsoft.NETCore.App.deps.json"),
            &at("System.Private.CoreLib.dll"),
            "/usr/share/dotnet/dotnet",
        ],
        "/usr/share/dotnet/dotnet",
        &[&at("System.Private.Xml.dll"), &at("libSystem.Native.so"), "/usr/share/zoneinfo/Europe/Berlin"],
    );
}

#[test]
fn pickles_bring_the_modules_of_the_classes_they_name() {
    let folder = tempfile::tempdir().unwrap();
    let pickle = folder.path().join("pickle");
    std::fs::write(&pickle, b"\x80\x02cwords.numbers\nPattern\nq\0)\x81.").unwrap();
    let layer = format!(
        r"
f var/lib/dpkg/status = Package: words\nStatus: install ok installed\nVersion: 1\n
f var/lib/dpkg/info/words.list = /.\n/usr/lib/python3/dist-packages/words/__init__.py\n/usr/lib/python3/dist-packages/words/numbers.py\n/usr/lib/python3/dist-packages/words/other.py\n/usr/lib/python3/dist-packages/words/de.dat\n
f usr/bin/python3 755 = python
f usr/lib/python3.11/encodings/__init__.py = 1
f usr/lib/python3/dist-packages/words/__init__.py = 1
f usr/lib/python3/dist-packages/words/numbers.py = 1
f usr/lib/python3/dist-packages/words/other.py = 1
f usr/lib/python3/dist-packages/words/de.dat < {}
",
        pickle.display()
    );
    let words = "/usr/lib/python3/dist-packages/words";
    check(
        &layer,
        &["/usr/bin/python3", "/usr/lib/python3.11/encodings/__init__.py", &format!("{words}/__init__.py")],
        "/usr/bin/python3",
        &[&format!("{words}/numbers.py"), &format!("{words}/de.dat")],
    );
}
