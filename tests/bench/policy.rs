//! How long a decision takes: `cargo bench --bench policy` prints the median and the 99th percentile.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench may stop and print")]

use std::time::Duration;

use claw::base::clock;
use claw::policy::{Policy, Rule, Rules};
use claw::protocol::{Access, Mode, Script};

const LINES: &[&str] = &[
    "git status --short && git diff --stat HEAD~3 -- src/",
    "rg -n 'TODO|FIXME' src tests | sort -u | head -20",
    "for f in src/*.rs; do wc -l \"$f\"; done",
    "echo \"branch $(git rev-parse --abbrev-ref HEAD)\" >> notes/log.txt",
    "cargo test --workspace 2>&1 | tail -50",
    "if [ -d node_modules ]; then npm run lint --silent; else echo missing; fi",
    "sed -n '10,40p' src/main.rs; awk '{print $1}' data.csv | sort | uniq -c",
    "cat <<'EOF' > src/gen.rs\nfn main() { println!(\"x\"); }\nEOF",
];

fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| Rule::parse(text, "bench").unwrap()).collect()
}

fn policy() -> Policy {
    Policy {
        rules: Rules {
            allow: rules(&[
                "Bash(cargo test:*)",
                "Bash(npm run:*)",
                "Edit(notes/**)",
                "Edit(src/**)",
            ]),
            ask: rules(&["Bash(git push:*)", "Edit(*.lock)"]),
            deny: rules(&[
                "Bash(curl:*)",
                "Bash(rm:*)",
                "Read(.env)",
                "Read(secrets/**)",
                "Edit(//etc/**)",
            ]),
        },
        roots: vec!["/code/project".into()],
        home: Some("/home/dev".into()),
        untrusted: false,
    }
}

/// A command line of at least `bytes` bytes.
fn command(bytes: usize) -> Access {
    let mut text = String::new();
    for line in LINES.iter().cycle() {
        text.push_str(line);
        text.push('\n');
        if text.len() >= bytes {
            break;
        }
    }
    Access::Shell { script: Script { command: text, cwd: "/code/project".into() } }
}

fn main() {
    divan::main();
    let policy = policy();
    for bytes in [100, 1_000, 10_000] {
        let wanted = [command(bytes)];
        let mut took: Vec<Duration> = (0..2_000)
            .map(|_| {
                let since = clock::instant();
                divan::black_box(policy.decide(Mode::Default, &wanted));
                since.elapsed()
            })
            .collect();
        took.sort();
        println!("{bytes:>6} bytes: p50 {:?}, p99 {:?}", took[1_000], took[1_980]);
    }
}

#[divan::bench(args = [100, 1_000, 10_000])]
fn decide(bencher: divan::Bencher<'_, '_>, bytes: usize) {
    let (policy, wanted) = (policy(), [command(bytes)]);
    bencher.bench(|| policy.decide(Mode::Default, &wanted));
}
