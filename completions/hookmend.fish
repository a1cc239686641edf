# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_hookmend_global_optspecs
    string join \n config= q/quiet v/verbose color= no-progress h/help V/version
end

function __fish_hookmend_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_hookmend_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_hookmend_using_subcommand
    set -l cmd (__fish_hookmend_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c hookmend -n "__fish_hookmend_needs_command" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_needs_command" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_needs_command" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_needs_command" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_needs_command" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_needs_command" -s V -l version -d 'Print version'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "reconcile" -d 'List, diff, resend until nothing is left'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "check" -d 'Diff only; exit 10 when events are missing'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "list" -d 'Show the failed events of a window, and when they failed'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "plan" -d 'Write down what would be resent, to be read and cut down'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "apply" -d 'Carry out a plan, exactly'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "resend" -d 'Resend events by hand'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "received" -d 'Say what a received log holds, or which ids it does not hold'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "history" -d 'Show past runs, or every attempt of an event'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "quarantine" -d 'Show or release events that used up their attempts'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "show" -d 'Show single events in full'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "webhooks" -d 'List, create, change or delete the vendor\'s webhooks'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "types" -d 'List the vendor\'s event types, or show the schema of one'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "init" -d 'Write a commented settings file to start from'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "doctor" -d 'Check everything a run needs, one line each'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "sandbox" -d 'Serve a simulated vendor with a flaky receiver'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "demo" -d 'See the whole job on the simulated vendor'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "man" -d 'Print the manual page'
complete -c hookmend -n "__fish_hookmend_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l webhook -d 'Webhook by id, by name from the settings, or by event type; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l since -d 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l from -d 'From this time: a date, a date and time, RFC 3339, now, today, yesterday' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l to -d 'Up to this time; a bare date includes that whole day [default: now]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l time-zone -d 'Zone of times without an offset, yours and the vendor\'s [default: UTC]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l min-age -d 'Leave events younger than this alone [default: 5m]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l event-type -d 'Only events of this type: keeps the webhooks that deliver it; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l status -d 'Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l verdict -d 'Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l status-code -d 'Only events with this status code: 404, 500-599, 5xx, or none' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l id -d 'Only this event; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l received -d 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l received-format -d 'How to read it [default: auto]' -r -f -a "auto\t''
ids\t''
jsonl\t''
csv\t''
text\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l received-id -d 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l received-status -d 'Where the HTTP status is; only lines with a successful one count' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l received-ok -d 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l received-time -d 'Where the time is; gives the log its coverage' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l received-since -d 'Since when the log is complete' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l received-query -d 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l max-resends -d 'Resends of this run; a larger plan is refused whole [default: 10000]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l failure-budget -d 'Failed deliveries that resends may cause for each webhook, over all runs, such as 2/60m [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l retention -d 'For how long the ledger keeps settled attempts, or forever [default: 90d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l max-rounds -d 'Rounds in a row without progress [default: 3]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l concurrency -d 'Requests at once [default: 4]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l rate -d 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l deadline -d 'How long the run may last [default: 4h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l max-attempts -d 'Resends of one event, over all runs [default: 5]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l settle -d 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l slice -d 'Range of one listing, at most 30d [default: 1d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l zone-margin -d 'Widen ranges by this, as the vendor\'s zone is uncertain [default: 2h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l ping -d 'Tell a dead man\'s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l metrics -d 'Write metrics of the run for Prometheus\' node_exporter; the file\'s name ends in .prom and is the label task' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l report -d 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l all-webhooks -d 'All webhooks that the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l idempotent -d 'The receiver takes an event twice without harm: count whatever has failed'
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l include-acknowledged -d 'Count events that were acknowledged and are not in the log'
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l no-proof -d 'Trust the vendor\'s filter and the log without proof'
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l dry-run -d 'Show what would be resent and resend nothing'
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -s y -l yes -d 'Do not ask on a terminal before resending'
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand reconcile" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l webhook -d 'Webhook by id, by name from the settings, or by event type; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l since -d 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l from -d 'From this time: a date, a date and time, RFC 3339, now, today, yesterday' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l to -d 'Up to this time; a bare date includes that whole day [default: now]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l time-zone -d 'Zone of times without an offset, yours and the vendor\'s [default: UTC]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l min-age -d 'Leave events younger than this alone [default: 5m]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l event-type -d 'Only events of this type: keeps the webhooks that deliver it; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l status -d 'Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l verdict -d 'Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l status-code -d 'Only events with this status code: 404, 500-599, 5xx, or none' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l id -d 'Only this event; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l received -d 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l received-format -d 'How to read it [default: auto]' -r -f -a "auto\t''
ids\t''
jsonl\t''
csv\t''
text\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l received-id -d 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l received-status -d 'Where the HTTP status is; only lines with a successful one count' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l received-ok -d 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l received-time -d 'Where the time is; gives the log its coverage' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l received-since -d 'Since when the log is complete' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l received-query -d 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l max-missing -d 'Let so many events that are left pass; a team can start from where it is [default: 0]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l max-age -d 'Fail only for events older than this; younger ones that are left are a warning' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l concurrency -d 'Requests at once [default: 4]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l rate -d 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l deadline -d 'How long the run may last [default: 4h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l max-attempts -d 'Resends of one event, over all runs [default: 5]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l settle -d 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l slice -d 'Range of one listing, at most 30d [default: 1d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l zone-margin -d 'Widen ranges by this, as the vendor\'s zone is uncertain [default: 2h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l ping -d 'Tell a dead man\'s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l metrics -d 'Write metrics of the run for Prometheus\' node_exporter; the file\'s name ends in .prom and is the label task' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l report -d 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l all-webhooks -d 'All webhooks that the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l idempotent -d 'The receiver takes an event twice without harm: count whatever has failed'
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l include-acknowledged -d 'Count events that were acknowledged and are not in the log'
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l no-proof -d 'Trust the vendor\'s filter and the log without proof'
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l audit -d 'Compare both ways: list delivered events too, and look for every id of the log at the vendor'
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l webhook -d 'Webhook by id, by name from the settings, or by event type; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l since -d 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l from -d 'From this time: a date, a date and time, RFC 3339, now, today, yesterday' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l to -d 'Up to this time; a bare date includes that whole day [default: now]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l time-zone -d 'Zone of times without an offset, yours and the vendor\'s [default: UTC]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l min-age -d 'Leave events younger than this alone [default: 5m]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l event-type -d 'Only events of this type: keeps the webhooks that deliver it; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l status -d 'Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l verdict -d 'Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l status-code -d 'Only events with this status code: 404, 500-599, 5xx, or none' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l id -d 'Only this event; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l limit -d 'List at most this many; the picture and the counts are those of all' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l sort -d 'By what to sort' -r -f -a "oldest\t''
newest\t''
verdict\t''
status-code\t''
webhook\t''
id\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l received -d 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l received-format -d 'How to read it [default: auto]' -r -f -a "auto\t''
ids\t''
jsonl\t''
csv\t''
text\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l received-id -d 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l received-status -d 'Where the HTTP status is; only lines with a successful one count' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l received-ok -d 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l received-time -d 'Where the time is; gives the log its coverage' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l received-since -d 'Since when the log is complete' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l received-query -d 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l concurrency -d 'Requests at once [default: 4]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l rate -d 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l deadline -d 'How long the run may last [default: 4h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l max-attempts -d 'Resends of one event, over all runs [default: 5]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l settle -d 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l slice -d 'Range of one listing, at most 30d [default: 1d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l zone-margin -d 'Widen ranges by this, as the vendor\'s zone is uncertain [default: 2h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l report -d 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l all-webhooks -d 'All webhooks that the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l idempotent -d 'The receiver takes an event twice without harm: count whatever has failed'
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l include-acknowledged -d 'Count events that were acknowledged and are not in the log'
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l no-proof -d 'Trust the vendor\'s filter and the log without proof'
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -s o -l output -d 'Where to write the plan; - for standard output' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l webhook -d 'Webhook by id, by name from the settings, or by event type; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l since -d 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l from -d 'From this time: a date, a date and time, RFC 3339, now, today, yesterday' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l to -d 'Up to this time; a bare date includes that whole day [default: now]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l time-zone -d 'Zone of times without an offset, yours and the vendor\'s [default: UTC]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l min-age -d 'Leave events younger than this alone [default: 5m]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l event-type -d 'Only events of this type: keeps the webhooks that deliver it; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l status -d 'Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l verdict -d 'Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l status-code -d 'Only events with this status code: 404, 500-599, 5xx, or none' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l id -d 'Only this event; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l received -d 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l received-format -d 'How to read it [default: auto]' -r -f -a "auto\t''
ids\t''
jsonl\t''
csv\t''
text\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l received-id -d 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l received-status -d 'Where the HTTP status is; only lines with a successful one count' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l received-ok -d 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l received-time -d 'Where the time is; gives the log its coverage' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l received-since -d 'Since when the log is complete' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l received-query -d 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l max-resends -d 'Resends of a run; a larger plan is written with a warning [default: 10000]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l concurrency -d 'Requests at once [default: 4]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l rate -d 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l deadline -d 'How long the run may last [default: 4h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l max-attempts -d 'Resends of one event, over all runs [default: 5]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l settle -d 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l slice -d 'Range of one listing, at most 30d [default: 1d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l zone-margin -d 'Widen ranges by this, as the vendor\'s zone is uncertain [default: 2h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l report -d 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l force -d 'Replace the file if it is there; it may hold a plan that somebody has cut down'
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l all-webhooks -d 'All webhooks that the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l idempotent -d 'The receiver takes an event twice without harm: count whatever has failed'
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l include-acknowledged -d 'Count events that were acknowledged and are not in the log'
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l no-proof -d 'Trust the vendor\'s filter and the log without proof'
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l stale-after -d 'Refuse a plan that is older than this' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l time-zone -d 'Zone of times without an offset, yours and the vendor\'s [default: UTC]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l min-age -d 'Leave events younger than this alone [default: 5m]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l received -d 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l received-format -d 'How to read it [default: auto]' -r -f -a "auto\t''
ids\t''
jsonl\t''
csv\t''
text\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l received-id -d 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l received-status -d 'Where the HTTP status is; only lines with a successful one count' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l received-ok -d 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l received-time -d 'Where the time is; gives the log its coverage' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l received-since -d 'Since when the log is complete' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l received-query -d 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l max-resends -d 'Resends of this run; a larger plan is refused whole [default: 10000]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l failure-budget -d 'Failed deliveries that resends may cause for each webhook, over all runs, such as 2/60m [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l retention -d 'For how long the ledger keeps settled attempts, or forever [default: 90d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l concurrency -d 'Requests at once [default: 4]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l rate -d 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l deadline -d 'How long the run may last [default: 4h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l max-attempts -d 'Resends of one event, over all runs [default: 5]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l settle -d 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l slice -d 'Range of one listing, at most 30d [default: 1d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l zone-margin -d 'Widen ranges by this, as the vendor\'s zone is uncertain [default: 2h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l report -d 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l no-proof -d 'Trust the log without proof'
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l dry-run -d 'Show what would be resent and resend nothing'
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -s y -l yes -d 'Do not ask on a terminal before resending'
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l from-file -d 'Take the ids from this file, one a line' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l webhook -d 'Webhook by id, by name from the settings, or by event type; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l time-zone -d 'Zone of times without an offset, yours and the vendor\'s [default: UTC]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l min-age -d 'Leave events younger than this alone [default: 5m]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l received -d 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l received-format -d 'How to read it [default: auto]' -r -f -a "auto\t''
ids\t''
jsonl\t''
csv\t''
text\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l received-id -d 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l received-status -d 'Where the HTTP status is; only lines with a successful one count' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l received-ok -d 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l received-time -d 'Where the time is; gives the log its coverage' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l received-since -d 'Since when the log is complete' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l received-query -d 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l max-resends -d 'Resends of this run; a larger plan is refused whole [default: 10000]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l failure-budget -d 'Failed deliveries that resends may cause for each webhook, over all runs, such as 2/60m [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l retention -d 'For how long the ledger keeps settled attempts, or forever [default: 90d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l concurrency -d 'Requests at once [default: 4]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l rate -d 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l deadline -d 'How long the run may last [default: 4h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l max-attempts -d 'Resends of one event, over all runs [default: 5]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l settle -d 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l slice -d 'Range of one listing, at most 30d [default: 1d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l zone-margin -d 'Widen ranges by this, as the vendor\'s zone is uncertain [default: 2h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l report -d 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l all-webhooks -d 'All webhooks that the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l idempotent -d 'The receiver takes an event twice without harm: count whatever has failed'
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l include-acknowledged -d 'Count events that were acknowledged and are not in the log'
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l no-proof -d 'Trust the vendor\'s filter and the log without proof'
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l dry-run -d 'Show what would be resent and resend nothing'
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -s y -l yes -d 'Do not ask on a terminal before resending'
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand resend" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l absent-of -d 'Print those ids of this list that the log does not hold: a file with one id a line, or -' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l received-format -d 'How to read it [default: auto]' -r -f -a "auto\t''
ids\t''
jsonl\t''
csv\t''
text\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l received-id -d 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l received-status -d 'Where the HTTP status is; only lines with a successful one count' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l received-ok -d 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l received-time -d 'Where the time is; gives the log its coverage' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l received-since -d 'Since when the log is complete' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l received-query -d 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l time-zone -d 'Zone of times without an offset [default: UTC]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand received" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand history" -l limit -d 'How many runs to list' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand history" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand history" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand history" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand history" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand history" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand history" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand history" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and not __fish_seen_subcommand_from list release help" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and not __fish_seen_subcommand_from list release help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and not __fish_seen_subcommand_from list release help" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and not __fish_seen_subcommand_from list release help" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and not __fish_seen_subcommand_from list release help" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and not __fish_seen_subcommand_from list release help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and not __fish_seen_subcommand_from list release help" -f -a "list" -d 'List the events in quarantine'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and not __fish_seen_subcommand_from list release help" -f -a "release" -d 'Let events in quarantine be tried again'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and not __fish_seen_subcommand_from list release help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l webhook -d 'Only of this webhook, by id or by name from the settings; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from list" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l from-file -d 'Read ids from this file, one a line' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l webhook -d 'Only of this webhook, by id or by name from the settings; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l all -d 'Release every event in quarantine'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s y -l yes -d 'With --all, do not ask on a terminal first'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the events in quarantine'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from help" -f -a "release" -d 'Let events in quarantine be tried again'
complete -c hookmend -n "__fish_hookmend_using_subcommand quarantine; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l webhook -d 'Webhook by id, by name from the settings, or by event type; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l time-zone -d 'Zone of times without an offset, yours and the vendor\'s [default: UTC]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l received -d 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l received-format -d 'How to read it [default: auto]' -r -f -a "auto\t''
ids\t''
jsonl\t''
csv\t''
text\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l received-id -d 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l received-status -d 'Where the HTTP status is; only lines with a successful one count' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l received-ok -d 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l received-time -d 'Where the time is; gives the log its coverage' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l received-since -d 'Since when the log is complete' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l received-query -d 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l payload -d 'Print the payload, which may hold personal data; what may be secret in its URLs, and values that are called secrets (password, token, API key, signature and the like), show as ***'
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l show-urls -d 'Show URLs and payloads whole, with whatever secrets they hold'
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l all-webhooks -d 'All webhooks that the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -f -a "list" -d 'List the webhooks the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -f -a "create" -d 'Subscribe a receiver to an event type'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -f -a "update" -d 'Change the event type or the URL of a webhook'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -f -a "delete" -d 'Delete a webhook'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and not __fish_seen_subcommand_from list create update delete help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -l show-urls -d 'Show URLs whole, with whatever secrets they hold'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l event-type -d 'The event type to deliver; `hookmend types` lists them' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l url -d 'Where to deliver: https, or http on this machine; - reads it from standard input, which keeps a token in it out of the process list' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l url-env -d 'Take the URL from this variable of the environment' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -s y -l yes -d 'Do not ask before creating a second webhook of the same type and URL'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l show-urls -d 'Show URLs whole, with whatever secrets they hold'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l event-type -d 'Deliver this event type instead' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l url -d 'Where to deliver: https, or http on this machine; - reads it from standard input, which keeps a token in it out of the process list' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l url-env -d 'Take the URL from this variable of the environment' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -s y -l yes -d 'Do not ask first'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l show-urls -d 'Show URLs whole, with whatever secrets they hold'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask first'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -l show-urls -d 'Show URLs whole, with whatever secrets they hold'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the webhooks the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from help" -f -a "create" -d 'Subscribe a receiver to an event type'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from help" -f -a "update" -d 'Change the event type or the URL of a webhook'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete a webhook'
complete -c hookmend -n "__fish_hookmend_using_subcommand webhooks; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand types" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l base-url -d 'Where the vendor is' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l api-key-from -d 'Where the API key comes from: env:NAME, file:PATH or command:LINE; never the key itself' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l subscription-key-from -d 'Where the subscription key comes from, in the same way' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l received -d 'Your log of received event ids; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l received-format -d 'How to read it [default: auto]' -r -f -a "auto\t''
ids\t''
jsonl\t''
csv\t''
text\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l received-id -d 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l received-status -d 'Where the HTTP status is; only lines with a successful one count' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l received-ok -d 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l received-time -d 'Where the time is; gives the log its coverage' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l received-since -d 'Since when the log is complete' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l received-query -d 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l webhook -d 'Webhook with a name for it, or an id or an event type; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l time-zone -d 'Zone of times without an offset, yours and the vendor\'s' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l print -d 'Write to standard output and to no file'
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l force -d 'Replace the file if there is one'
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -s y -l yes -l defaults -d 'Ask nothing: write what the flags say, and defaults'
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l all-webhooks -d 'All webhooks that the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l webhook -d 'Webhook by id, by name from the settings, or by event type; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l since -d 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l from -d 'From this time: a date, a date and time, RFC 3339, now, today, yesterday' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l to -d 'Up to this time; a bare date includes that whole day [default: now]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l time-zone -d 'Zone of times without an offset, yours and the vendor\'s [default: UTC]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l min-age -d 'Leave events younger than this alone [default: 5m]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l event-type -d 'Only events of this type: keeps the webhooks that deliver it; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l status -d 'Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l verdict -d 'Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l status-code -d 'Only events with this status code: 404, 500-599, 5xx, or none' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l id -d 'Only this event; may be repeated' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l received -d 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l received-format -d 'How to read it [default: auto]' -r -f -a "auto\t''
ids\t''
jsonl\t''
csv\t''
text\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l received-id -d 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l received-status -d 'Where the HTTP status is; only lines with a successful one count' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l received-ok -d 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l received-time -d 'Where the time is; gives the log its coverage' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l received-since -d 'Since when the log is complete' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l received-query -d 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l max-resends -d 'Resends of this run; a larger plan is refused whole [default: 10000]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l failure-budget -d 'Failed deliveries that resends may cause for each webhook, over all runs, such as 2/60m [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l retention -d 'For how long the ledger keeps settled attempts, or forever [default: 90d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l max-rounds -d 'Rounds in a row without progress [default: 3]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l concurrency -d 'Requests at once [default: 4]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l rate -d 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l deadline -d 'How long the run may last [default: 4h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l max-attempts -d 'Resends of one event, over all runs [default: 5]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l settle -d 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l provider -d 'Which vendor [default: front-systems]' -r -f -a "front-systems\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l base-url -d 'Where the vendor is; https, or http on this machine' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l ca-file -d 'Certificate authorities to trust beside the usual ones (PEM)' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l timeout -d 'How long one request may take [default: 60s]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l slice -d 'Range of one listing, at most 30d [default: 1d]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l zone-margin -d 'Widen ranges by this, as the vendor\'s zone is uncertain [default: 2h]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l format -d 'What goes to standard output [default: human]' -r -f -a "human\t''
json\t''
jsonl\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l ledger -d 'The journal of runs and resends [default: in the user\'s state folder]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l ping -d 'Tell a dead man\'s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list' -r -f
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l metrics -d 'Write metrics of the run for Prometheus\' node_exporter; the file\'s name ends in .prom and is the label task' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l report -d 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l all-webhooks -d 'All webhooks that the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l idempotent -d 'The receiver takes an event twice without harm: count whatever has failed'
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l include-acknowledged -d 'Count events that were acknowledged and are not in the log'
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l no-proof -d 'Trust the vendor\'s filter and the log without proof'
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l dry-run -d 'Show what would be resent and resend nothing'
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -s y -l yes -d 'Do not ask on a terminal before resending'
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l scenario -d 'A file that describes the world, instead of --webhooks, --events and the like' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l port -d 'Port on the loopback interface; 0 takes a free one' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l seed -d 'Seed of everything that is invented or drawn [default: the scenario\'s, else 1]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l webhooks -d 'How many webhooks there are, each with events of one type' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l events -d 'Events of each webhook, spread over the last seven days' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l missing -d 'How many of them failed and are not in the received log' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l unacknowledged -d 'How many failed for the vendor although the received log holds them' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l poison -d 'How many of the missing ones the receiver refuses for ever' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l receiver -d 'The receiver: the URL of your own, which is really called, or how a simulated one behaves: up, down, down-until=TRIES, failing=RATE, losing-after-ack or keeping-without-ack [default: the URLs of the scenario\'s webhooks, else up]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l event-id-header -d 'Header in which your receiver gets the event\'s id [default: the scenario\'s, else X-Event-Id]' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l fault -d 'Something the vendor does wrong; may be given several times' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l received -d 'New file for the received log [default: one in a temporary directory]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l journal -d 'File that gets a JSON line for every call to the vendor\'s API and every delivery' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l ready-file -d 'File that is written, as JSON, once the sandbox answers and what a scenario delivers at the start was tried' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand sandbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand demo" -l seed -d 'Seed of everything that is invented' -r
complete -c hookmend -n "__fish_hookmend_using_subcommand demo" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand demo" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand demo" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand demo" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand demo" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c hookmend -n "__fish_hookmend_using_subcommand completions" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand completions" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand completions" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand completions" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand completions" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand completions" -s h -l help -d 'Print help'
complete -c hookmend -n "__fish_hookmend_using_subcommand man" -l config -d 'Settings file [default: ./hookmend.toml, then the user\'s, then the system\'s]' -r -F
complete -c hookmend -n "__fish_hookmend_using_subcommand man" -l color -d 'When to use colour [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c hookmend -n "__fish_hookmend_using_subcommand man" -s q -l quiet -d 'Say only what is wrong'
complete -c hookmend -n "__fish_hookmend_using_subcommand man" -s v -l verbose -d 'Say what was resolved, where it was set, and what is done'
complete -c hookmend -n "__fish_hookmend_using_subcommand man" -l no-progress -d 'Show no progress on the terminal'
complete -c hookmend -n "__fish_hookmend_using_subcommand man" -s h -l help -d 'Print help'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "reconcile" -d 'List, diff, resend until nothing is left'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "check" -d 'Diff only; exit 10 when events are missing'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "list" -d 'Show the failed events of a window, and when they failed'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "plan" -d 'Write down what would be resent, to be read and cut down'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "apply" -d 'Carry out a plan, exactly'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "resend" -d 'Resend events by hand'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "received" -d 'Say what a received log holds, or which ids it does not hold'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "history" -d 'Show past runs, or every attempt of an event'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "quarantine" -d 'Show or release events that used up their attempts'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "show" -d 'Show single events in full'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "webhooks" -d 'List, create, change or delete the vendor\'s webhooks'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "types" -d 'List the vendor\'s event types, or show the schema of one'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "init" -d 'Write a commented settings file to start from'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "doctor" -d 'Check everything a run needs, one line each'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "sandbox" -d 'Serve a simulated vendor with a flaky receiver'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "demo" -d 'See the whole job on the simulated vendor'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "completions" -d 'Print completions for a shell'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "man" -d 'Print the manual page'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and not __fish_seen_subcommand_from reconcile check list plan apply resend received history quarantine show webhooks types init doctor sandbox demo completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and __fish_seen_subcommand_from quarantine" -f -a "list" -d 'List the events in quarantine'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and __fish_seen_subcommand_from quarantine" -f -a "release" -d 'Let events in quarantine be tried again'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and __fish_seen_subcommand_from webhooks" -f -a "list" -d 'List the webhooks the keys can see'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and __fish_seen_subcommand_from webhooks" -f -a "create" -d 'Subscribe a receiver to an event type'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and __fish_seen_subcommand_from webhooks" -f -a "update" -d 'Change the event type or the URL of a webhook'
complete -c hookmend -n "__fish_hookmend_using_subcommand help; and __fish_seen_subcommand_from webhooks" -f -a "delete" -d 'Delete a webhook'
