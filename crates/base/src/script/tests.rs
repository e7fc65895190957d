//! Scripts against small roots.

use std::collections::{BTreeMap, BTreeSet};

use casehard_oci::RootPath;
use proptest::prelude::*;

use super::{Machine, Shell};
use crate::{
    facts::Alternatives,
    root::{Node, Root, Store},
};

fn machine<'a>(store: &'a Store<'a>) -> Machine<'a> {
    let mut root = Root::default();
    for path in ["/etc", "/usr/bin", "/var", "/tmp"] {
        root.put(&at(path), Node::directory(0o755));
    }
    root.put(&at("/etc/passwd"), Node::file("root:x:0:0:root:/root:/bin/sh\n", 0o644));
    root.put(&at("/etc/group"), Node::file("root:x:0:\nadm:x:4:\n", 0o644));
    root.put(&at("/usr/bin/own"), Node::file("", 0o755));
    Machine {
        root,
        store,
        architecture: "amd64",
        installed: BTreeMap::new(),
        diversions: Vec::new(),
        overrides: BTreeMap::new(),
        alternatives: Alternatives::default(),
        answers: BTreeMap::new(),
        rules: BTreeMap::new(),
        uncovered: BTreeSet::new(),
    }
}

fn at(path: &str) -> RootPath {
    RootPath::parse(path.as_bytes()).unwrap()
}

/// What a script writes to `/out`.
fn output(script: &str, arguments: &[&str]) -> String {
    let store = Store::new(&[]);
    let mut machine = machine(&store);
    Shell::new(&mut machine, "package", "postinst").run(&format!("(\n{script}\n) > /out"), arguments);
    machine.text(&at("/out")).unwrap_or_else(|| panic!("{:?}", machine.uncovered))
}

#[test]
fn the_language() {
    for (script, printed) in [
        ("echo \"$1-${2:-none}-$#\"", "configure-none-2\n"),
        ("a=1 b=$a; echo $b", "1\n"),
        ("case \"$1\" in a|conf*) echo yes;; *) echo no;; esac", "yes\n"),
        ("if [ \"$1\" = configure ] && [ -z \"$2\" ]; then echo new; else echo old; fi", "new\n"),
        ("for x in a 'b c' d; do echo \"<$x>\"; done", "<a>\n<b c>\n<d>\n"),
        ("x='a b'; for y in $x; do echo $y; done", "a\nb\n"),
        ("f() { local v=$1; echo \"f:$v\"; return 3; }; f x || echo \"s=$?\"", "f:x\ns=3\n"),
        ("echo a | sed s/a/b/ | tr b c", "c\n"),
        ("printf 'x\\ny\\n' | while read l; do echo \"[$l]\"; done", "[x]\n[y]\n"),
        ("cat <<EOF\nv=$1 `echo q`\nEOF", "v=configure q\n"),
        ("cat <<'EOF'\nv=$1\nEOF", "v=$1\n"),
        ("cat <<-EOF\n\tindented\n\tEOF", "indented\n"),
        ("echo $((2 * (3 + 4) - 1))", "13\n"),
        ("echo $(($(echo 6 | sed 's/6/7/') + 1))", "8\n"),
        (
            "x=/usr/share/a.tar.gz; echo ${x##*/} ${x%.*} ${x%%.*} ${#x}",
            "a.tar.gz /usr/share/a.tar /usr/share/a 19\n",
        ),
        ("! false && echo ok", "ok\n"),
        ("false || true && echo both", "both\n"),
        ("until true; do echo never; done; echo end", "end\n"),
        ("for i in 1 2 3; do [ $i = 2 ] && continue; [ $i = 3 ] && break; echo $i; done", "1\n"),
        ("echo /etc/pass*", "/etc/passwd\n"),
        ("echo /none/*", "/none/*\n"),
        ("set -- a b; shift; echo $1 $#", "b 1\n"),
        ("x=$(echo one; echo two); echo \"$x\"", "one\ntwo\n"),
        ("eval \"y=5\"; echo $y", "5\n"),
        ("test -e /etc/passwd -a ! -e /none && echo there", "there\n"),
        ("dpkg --compare-versions 1.0~rc1 lt 1.0 && echo older", "older\n"),
        ("dpkg --compare-versions '' lt-nl 1.0 || echo fresh", "fresh\n"),
        ("echo \"a\\$b\" 'c\\d' e\\ f", "a$b c\\d e f\n"),
        ("id -gn root; getent passwd root | cut -d: -f6", "root\n/root\n"),
        ("command -v own >/dev/null && echo found; command -v nothing || echo absent", "found\nabsent\n"),
        ("echo x >&2; echo y 2>/dev/null", "y\n"),
        ("grep -q '^root:' /etc/passwd && echo root", "root\n"),
    ] {
        assert_eq!(output(script, &["configure", ""]), printed, "{script}");
    }
}

#[test]
fn accounts_of_a_fragment_are_there_for_the_rest_of_the_script() {
    let store = Store::new(&[]);
    let mut machine = machine(&store);
    let fragment = "u shop - \"A shop\" /var/lib/shop\nu! other 7 - -\n";
    machine.root.put(&at("/usr/lib/sysusers.d/shop.conf"), Node::file(fragment, 0o644));
    machine.root.put(&at("/usr/lib/sysusers.d/late.conf"), Node::file("u late - -\n", 0o644));
    let script =
        "set -e; touch /var/till; systemd-sysusers shop.conf; chown shop:shop /var/till; touch /var/end";
    Shell::new(&mut machine, "shop", "postinst").run(script, &["configure", ""]);
    assert!(machine.root.exact(&at("/var/end")).is_some(), "{:?}", machine.uncovered);
    let accounts = machine.accounts();
    assert_eq!(machine.root.exact(&at("/var/till")).map(|node| node.uid), accounts.uid("shop"));
    assert!(
        accounts.uid("shop").is_some() && accounts.uid("other") == Some(7) && accounts.uid("late").is_none()
    );
    Shell::new(&mut machine, "late", "postinst").run("systemd-sysusers", &["configure", ""]);
    assert!(machine.accounts().uid("late").is_some());
}

#[test]
fn what_changes_the_root() {
    let store = Store::new(&[]);
    let mut machine = machine(&store);
    let script = "umask 027; mkdir -p /var/a/b; chown root:adm /var/a/b; chmod g+s /var/a/b
        echo text > /var/a/file; ln -s file /var/a/link; cp -p /var/a/file /var/a/copy; mv /var/a/copy /var/a/moved
        install -d -m 1777 -o root -g adm /var/c; setcap cap_net_raw+ep /var/a/file; rm -rf /etc/group-none
        addgroup --system one; adduser --system --ingroup one --no-create-home two
        (cd /var/a && echo more >> file)";
    Shell::new(&mut machine, "package", "postinst").run(script, &["configure", ""]);
    assert!(machine.uncovered.is_empty(), "{:?}", machine.uncovered);
    let node = |path: &str| machine.root.exact(&at(path)).unwrap_or_else(|| panic!("{path}"));
    assert_eq!((node("/var/a/b").mode, node("/var/a/b").gid), (0o2750, 4));
    assert_eq!(node("/var/a/file").mode, 0o640);
    assert_eq!(machine.text(&at("/var/a/link")).unwrap(), "text\nmore\n");
    assert_eq!(machine.text(&at("/var/a/moved")).unwrap(), "text\n");
    assert_eq!((node("/var/c").mode, node("/var/c").gid), (0o1777, 4));
    assert!(
        machine.accounts().user("two").is_some_and(|user| user.gid == machine.accounts().gid("one").unwrap())
    );
}

#[test]
fn what_no_command_covers_is_said() {
    let store = Store::new(&[]);
    let mut machine = machine(&store);
    Shell::new(&mut machine, "p", "postinst").run("own --make /etc/x; absent --make; . /none", &[]);
    Shell::new(&mut machine, "p", "config").run("#!/usr/bin/perl\nuse strict;\n", &[]);
    Shell::new(&mut machine, "p", "preinst").run("if true; then", &[]);
    // By package and script; a command that the root does not have fails as it would there, and is nothing to report.
    let said: Vec<&str> = machine.uncovered.iter().map(|one| one.command.as_str()).collect();
    assert_eq!(
        said,
        [
            "#!/usr/bin/perl",
            ". /none",
            "own --make /etc/x",
            "a script that cannot be read: line 1: `if` has no `fi`"
        ]
    );
}

#[test]
fn scripts_that_never_end_do() {
    let store = Store::new(&[]);
    for script in
        ["while :; do :; done", "f() { f; }; f", "f() { f | f; }; f", "x=$(f); f() { echo $(f); }; f"]
    {
        let mut machine = machine(&store);
        Shell::new(&mut machine, "p", "postinst").run(script, &[]);
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(script in "[a-c$(){}\\[\\]|&;<>`'\"\\\\# \n=!*?~0-9/:%-]{0,60}") {
        let store = Store::new(&[]);
        let mut machine = machine(&store);
        Shell::new(&mut machine, "p", "postinst").run(&script, &["configure"]);
    }
}
