
use builtin;
use str;

set edit:completion:arg-completer[hookmend] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'hookmend'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'hookmend'= {
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand reconcile 'List, diff, resend until nothing is left'
            cand check 'Diff only; exit 10 when events are missing'
            cand received 'Say what a received log holds, or which ids it does not hold'
            cand history 'Show past runs, or every attempt of an event'
            cand quarantine 'Show or release events that used up their attempts'
            cand sandbox 'Serve a simulated vendor with a flaky receiver'
            cand demo 'See the whole job on the simulated vendor'
            cand completions 'Print completions for a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'hookmend;reconcile'= {
            cand --webhook 'Webhook by id, by name from the settings, or by event type; may be repeated'
            cand --since 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]'
            cand --from 'From this time: a date, a date and time, RFC 3339, now, today, yesterday'
            cand --to 'Up to this time; a bare date includes that whole day [default: now]'
            cand --time-zone 'Zone of times without an offset, yours and the vendor''s [default: UTC]'
            cand --min-age 'Leave events younger than this alone [default: 5m]'
            cand --received 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated'
            cand --received-format 'How to read it [default: auto]'
            cand --received-id 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)'
            cand --received-status 'Where the HTTP status is; only lines with a successful one count'
            cand --received-ok 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]'
            cand --received-time 'Where the time is; gives the log its coverage'
            cand --received-since 'Since when the log is complete'
            cand --received-query 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received'
            cand --max-rounds 'Rounds in a row without progress [default: 3]'
            cand --max-resends 'Resends of this run; a larger plan is refused whole [default: 10000]'
            cand --failure-budget 'Failed deliveries that resends may cause for each webhook, over all runs, such as 2/60m [default: unlimited]'
            cand --retention 'For how long the ledger keeps settled attempts, or forever [default: 90d]'
            cand --concurrency 'Requests at once [default: 4]'
            cand --rate 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]'
            cand --deadline 'How long the run may last [default: 4h]'
            cand --max-attempts 'Resends of one event, over all runs [default: 5]'
            cand --settle 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]'
            cand --provider 'Which vendor [default: front-systems]'
            cand --base-url 'Where the vendor is; https, or http on this machine'
            cand --ca-file 'Certificate authorities to trust beside the usual ones (PEM)'
            cand --timeout 'How long one request may take [default: 60s]'
            cand --slice 'Range of one listing, at most 30d [default: 1d]'
            cand --zone-margin 'Widen ranges by this, as the vendor''s zone is uncertain [default: 2h]'
            cand --format 'What goes to standard output [default: human]'
            cand --ledger 'The journal of runs and resends [default: in the user''s state folder]'
            cand --ping 'Tell a dead man''s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list'
            cand --metrics 'Write metrics of the run for Prometheus'' node_exporter; the file''s name ends in .prom and is the label task'
            cand --report 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated'
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand --all-webhooks 'All webhooks that the keys can see'
            cand --idempotent 'The receiver takes an event twice without harm: count whatever has failed'
            cand --include-acknowledged 'Count events that were acknowledged and are not in the log'
            cand --no-proof 'Trust the vendor''s filter and the log without proof'
            cand --dry-run 'Show what would be resent and resend nothing'
            cand -y 'Do not ask on a terminal before resending'
            cand --yes 'Do not ask on a terminal before resending'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hookmend;check'= {
            cand --webhook 'Webhook by id, by name from the settings, or by event type; may be repeated'
            cand --since 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]'
            cand --from 'From this time: a date, a date and time, RFC 3339, now, today, yesterday'
            cand --to 'Up to this time; a bare date includes that whole day [default: now]'
            cand --time-zone 'Zone of times without an offset, yours and the vendor''s [default: UTC]'
            cand --min-age 'Leave events younger than this alone [default: 5m]'
            cand --received 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated'
            cand --received-format 'How to read it [default: auto]'
            cand --received-id 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)'
            cand --received-status 'Where the HTTP status is; only lines with a successful one count'
            cand --received-ok 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]'
            cand --received-time 'Where the time is; gives the log its coverage'
            cand --received-since 'Since when the log is complete'
            cand --received-query 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received'
            cand --concurrency 'Requests at once [default: 4]'
            cand --rate 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]'
            cand --deadline 'How long the run may last [default: 4h]'
            cand --max-attempts 'Resends of one event, over all runs [default: 5]'
            cand --settle 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]'
            cand --provider 'Which vendor [default: front-systems]'
            cand --base-url 'Where the vendor is; https, or http on this machine'
            cand --ca-file 'Certificate authorities to trust beside the usual ones (PEM)'
            cand --timeout 'How long one request may take [default: 60s]'
            cand --slice 'Range of one listing, at most 30d [default: 1d]'
            cand --zone-margin 'Widen ranges by this, as the vendor''s zone is uncertain [default: 2h]'
            cand --format 'What goes to standard output [default: human]'
            cand --ledger 'The journal of runs and resends [default: in the user''s state folder]'
            cand --ping 'Tell a dead man''s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list'
            cand --metrics 'Write metrics of the run for Prometheus'' node_exporter; the file''s name ends in .prom and is the label task'
            cand --report 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated'
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand --all-webhooks 'All webhooks that the keys can see'
            cand --idempotent 'The receiver takes an event twice without harm: count whatever has failed'
            cand --include-acknowledged 'Count events that were acknowledged and are not in the log'
            cand --no-proof 'Trust the vendor''s filter and the log without proof'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hookmend;received'= {
            cand --absent-of 'Print those ids of this list that the log does not hold: a file with one id a line, or -'
            cand --received-format 'How to read it [default: auto]'
            cand --received-id 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)'
            cand --received-status 'Where the HTTP status is; only lines with a successful one count'
            cand --received-ok 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]'
            cand --received-time 'Where the time is; gives the log its coverage'
            cand --received-since 'Since when the log is complete'
            cand --received-query 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received'
            cand --time-zone 'Zone of times without an offset [default: UTC]'
            cand --format 'What goes to standard output [default: human]'
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hookmend;history'= {
            cand --limit 'How many runs to list'
            cand --format 'What goes to standard output [default: human]'
            cand --ledger 'The journal of runs and resends [default: in the user''s state folder]'
            cand --ping 'Tell a dead man''s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list'
            cand --metrics 'Write metrics of the run for Prometheus'' node_exporter; the file''s name ends in .prom and is the label task'
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hookmend;quarantine'= {
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List the events in quarantine'
            cand release 'Let events in quarantine be tried again'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'hookmend;quarantine;list'= {
            cand --webhook 'Only of this webhook, by id or by name from the settings; may be repeated'
            cand --format 'What goes to standard output [default: human]'
            cand --ledger 'The journal of runs and resends [default: in the user''s state folder]'
            cand --ping 'Tell a dead man''s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list'
            cand --metrics 'Write metrics of the run for Prometheus'' node_exporter; the file''s name ends in .prom and is the label task'
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hookmend;quarantine;release'= {
            cand --from-file 'Read ids from this file, one a line'
            cand --webhook 'Only of this webhook, by id or by name from the settings; may be repeated'
            cand --format 'What goes to standard output [default: human]'
            cand --ledger 'The journal of runs and resends [default: in the user''s state folder]'
            cand --ping 'Tell a dead man''s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list'
            cand --metrics 'Write metrics of the run for Prometheus'' node_exporter; the file''s name ends in .prom and is the label task'
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand --all 'Release every event in quarantine'
            cand -y 'With --all, do not ask on a terminal first'
            cand --yes 'With --all, do not ask on a terminal first'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hookmend;quarantine;help'= {
            cand list 'List the events in quarantine'
            cand release 'Let events in quarantine be tried again'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'hookmend;quarantine;help;list'= {
        }
        &'hookmend;quarantine;help;release'= {
        }
        &'hookmend;quarantine;help;help'= {
        }
        &'hookmend;sandbox'= {
            cand --port 'Port on the loopback interface; 0 takes a free one'
            cand --seed 'Seed of everything that is invented or drawn'
            cand --webhooks 'How many webhooks there are, each with events of one type'
            cand --events 'Events of each webhook, spread over the last seven days'
            cand --missing 'How many of them failed and are not in the received log'
            cand --unacknowledged 'How many failed for the vendor although the received log holds them'
            cand --poison 'How many of the missing ones the receiver refuses for ever'
            cand --receiver 'How the receiver behaves: up, down, down-until=TRIES, failing=RATE, losing-after-ack or keeping-without-ack'
            cand --fault 'Something the vendor does wrong; may be given several times'
            cand --received 'New file for the received log [default: one in a temporary directory]'
            cand --ready-file 'File that is written, as JSON, once the sandbox answers'
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hookmend;demo'= {
            cand --seed 'Seed of everything that is invented'
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'hookmend;completions'= {
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'hookmend;man'= {
            cand --config 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]'
            cand --color 'When to use colour [default: auto]'
            cand -q 'Say only what is wrong'
            cand --quiet 'Say only what is wrong'
            cand -v 'Say what was resolved, where it was set, and what is done'
            cand --verbose 'Say what was resolved, where it was set, and what is done'
            cand --no-progress 'Show no progress on the terminal'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'hookmend;help'= {
            cand reconcile 'List, diff, resend until nothing is left'
            cand check 'Diff only; exit 10 when events are missing'
            cand received 'Say what a received log holds, or which ids it does not hold'
            cand history 'Show past runs, or every attempt of an event'
            cand quarantine 'Show or release events that used up their attempts'
            cand sandbox 'Serve a simulated vendor with a flaky receiver'
            cand demo 'See the whole job on the simulated vendor'
            cand completions 'Print completions for a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'hookmend;help;reconcile'= {
        }
        &'hookmend;help;check'= {
        }
        &'hookmend;help;received'= {
        }
        &'hookmend;help;history'= {
        }
        &'hookmend;help;quarantine'= {
            cand list 'List the events in quarantine'
            cand release 'Let events in quarantine be tried again'
        }
        &'hookmend;help;quarantine;list'= {
        }
        &'hookmend;help;quarantine;release'= {
        }
        &'hookmend;help;sandbox'= {
        }
        &'hookmend;help;demo'= {
        }
        &'hookmend;help;completions'= {
        }
        &'hookmend;help;man'= {
        }
        &'hookmend;help;help'= {
        }
    ]
    $completions[$command]
}
