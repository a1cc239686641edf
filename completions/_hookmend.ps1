
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'hookmend' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'hookmend'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'hookmend' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('reconcile', 'reconcile', [CompletionResultType]::ParameterValue, 'List, diff, resend until nothing is left')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Diff only; exit 10 when events are missing')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show the failed events of a window, and when they failed')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Write down what would be resent, to be read and cut down')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Carry out a plan, exactly')
            [CompletionResult]::new('resend', 'resend', [CompletionResultType]::ParameterValue, 'Resend events by hand')
            [CompletionResult]::new('received', 'received', [CompletionResultType]::ParameterValue, 'Say what a received log holds, or which ids it does not hold')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show past runs, or every attempt of an event')
            [CompletionResult]::new('quarantine', 'quarantine', [CompletionResultType]::ParameterValue, 'Show or release events that used up their attempts')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show single events in full')
            [CompletionResult]::new('webhooks', 'webhooks', [CompletionResultType]::ParameterValue, 'List, create, change or delete the vendor''s webhooks')
            [CompletionResult]::new('types', 'types', [CompletionResultType]::ParameterValue, 'List the vendor''s event types, or show the schema of one')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented settings file to start from')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check everything a run needs, one line each')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'Serve a simulated vendor with a flaky receiver')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'See the whole job on the simulated vendor')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'hookmend;reconcile' {
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Webhook by id, by name from the settings, or by event type; may be repeated')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'From this time: a date, a date and time, RFC 3339, now, today, yesterday')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Up to this time; a bare date includes that whole day [default: now]')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Zone of times without an offset, yours and the vendor''s [default: UTC]')
            [CompletionResult]::new('--min-age', '--min-age', [CompletionResultType]::ParameterName, 'Leave events younger than this alone [default: 5m]')
            [CompletionResult]::new('--event-type', '--event-type', [CompletionResultType]::ParameterName, 'Only events of this type: keeps the webhooks that deliver it; may be repeated')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all')
            [CompletionResult]::new('--verdict', '--verdict', [CompletionResultType]::ParameterName, 'Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled')
            [CompletionResult]::new('--status-code', '--status-code', [CompletionResultType]::ParameterName, 'Only events with this status code: 404, 500-599, 5xx, or none')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Only this event; may be repeated')
            [CompletionResult]::new('--received', '--received', [CompletionResultType]::ParameterName, 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated')
            [CompletionResult]::new('--received-format', '--received-format', [CompletionResultType]::ParameterName, 'How to read it [default: auto]')
            [CompletionResult]::new('--received-id', '--received-id', [CompletionResultType]::ParameterName, 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)')
            [CompletionResult]::new('--received-status', '--received-status', [CompletionResultType]::ParameterName, 'Where the HTTP status is; only lines with a successful one count')
            [CompletionResult]::new('--received-ok', '--received-ok', [CompletionResultType]::ParameterName, 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]')
            [CompletionResult]::new('--received-time', '--received-time', [CompletionResultType]::ParameterName, 'Where the time is; gives the log its coverage')
            [CompletionResult]::new('--received-since', '--received-since', [CompletionResultType]::ParameterName, 'Since when the log is complete')
            [CompletionResult]::new('--received-query', '--received-query', [CompletionResultType]::ParameterName, 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received')
            [CompletionResult]::new('--max-resends', '--max-resends', [CompletionResultType]::ParameterName, 'Resends of this run; a larger plan is refused whole [default: 10000]')
            [CompletionResult]::new('--failure-budget', '--failure-budget', [CompletionResultType]::ParameterName, 'Failed deliveries that resends may cause for each webhook, over all runs, such as 2/60m [default: unlimited]')
            [CompletionResult]::new('--retention', '--retention', [CompletionResultType]::ParameterName, 'For how long the ledger keeps settled attempts, or forever [default: 90d]')
            [CompletionResult]::new('--max-rounds', '--max-rounds', [CompletionResultType]::ParameterName, 'Rounds in a row without progress [default: 3]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Requests at once [default: 4]')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'How long the run may last [default: 4h]')
            [CompletionResult]::new('--max-attempts', '--max-attempts', [CompletionResultType]::ParameterName, 'Resends of one event, over all runs [default: 5]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--slice', '--slice', [CompletionResultType]::ParameterName, 'Range of one listing, at most 30d [default: 1d]')
            [CompletionResult]::new('--zone-margin', '--zone-margin', [CompletionResultType]::ParameterName, 'Widen ranges by this, as the vendor''s zone is uncertain [default: 2h]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--ping', '--ping', [CompletionResultType]::ParameterName, 'Tell a dead man''s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Write metrics of the run for Prometheus'' node_exporter; the file''s name ends in .prom and is the label task')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--all-webhooks', '--all-webhooks', [CompletionResultType]::ParameterName, 'All webhooks that the keys can see')
            [CompletionResult]::new('--idempotent', '--idempotent', [CompletionResultType]::ParameterName, 'The receiver takes an event twice without harm: count whatever has failed')
            [CompletionResult]::new('--include-acknowledged', '--include-acknowledged', [CompletionResultType]::ParameterName, 'Count events that were acknowledged and are not in the log')
            [CompletionResult]::new('--no-proof', '--no-proof', [CompletionResultType]::ParameterName, 'Trust the vendor''s filter and the log without proof')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be resent and resend nothing')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask on a terminal before resending')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask on a terminal before resending')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;check' {
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Webhook by id, by name from the settings, or by event type; may be repeated')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'From this time: a date, a date and time, RFC 3339, now, today, yesterday')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Up to this time; a bare date includes that whole day [default: now]')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Zone of times without an offset, yours and the vendor''s [default: UTC]')
            [CompletionResult]::new('--min-age', '--min-age', [CompletionResultType]::ParameterName, 'Leave events younger than this alone [default: 5m]')
            [CompletionResult]::new('--event-type', '--event-type', [CompletionResultType]::ParameterName, 'Only events of this type: keeps the webhooks that deliver it; may be repeated')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all')
            [CompletionResult]::new('--verdict', '--verdict', [CompletionResultType]::ParameterName, 'Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled')
            [CompletionResult]::new('--status-code', '--status-code', [CompletionResultType]::ParameterName, 'Only events with this status code: 404, 500-599, 5xx, or none')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Only this event; may be repeated')
            [CompletionResult]::new('--received', '--received', [CompletionResultType]::ParameterName, 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated')
            [CompletionResult]::new('--received-format', '--received-format', [CompletionResultType]::ParameterName, 'How to read it [default: auto]')
            [CompletionResult]::new('--received-id', '--received-id', [CompletionResultType]::ParameterName, 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)')
            [CompletionResult]::new('--received-status', '--received-status', [CompletionResultType]::ParameterName, 'Where the HTTP status is; only lines with a successful one count')
            [CompletionResult]::new('--received-ok', '--received-ok', [CompletionResultType]::ParameterName, 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]')
            [CompletionResult]::new('--received-time', '--received-time', [CompletionResultType]::ParameterName, 'Where the time is; gives the log its coverage')
            [CompletionResult]::new('--received-since', '--received-since', [CompletionResultType]::ParameterName, 'Since when the log is complete')
            [CompletionResult]::new('--received-query', '--received-query', [CompletionResultType]::ParameterName, 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received')
            [CompletionResult]::new('--max-missing', '--max-missing', [CompletionResultType]::ParameterName, 'Let so many events that are left pass; a team can start from where it is [default: 0]')
            [CompletionResult]::new('--max-age', '--max-age', [CompletionResultType]::ParameterName, 'Fail only for events older than this; younger ones that are left are a warning')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Requests at once [default: 4]')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'How long the run may last [default: 4h]')
            [CompletionResult]::new('--max-attempts', '--max-attempts', [CompletionResultType]::ParameterName, 'Resends of one event, over all runs [default: 5]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--slice', '--slice', [CompletionResultType]::ParameterName, 'Range of one listing, at most 30d [default: 1d]')
            [CompletionResult]::new('--zone-margin', '--zone-margin', [CompletionResultType]::ParameterName, 'Widen ranges by this, as the vendor''s zone is uncertain [default: 2h]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--ping', '--ping', [CompletionResultType]::ParameterName, 'Tell a dead man''s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Write metrics of the run for Prometheus'' node_exporter; the file''s name ends in .prom and is the label task')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--all-webhooks', '--all-webhooks', [CompletionResultType]::ParameterName, 'All webhooks that the keys can see')
            [CompletionResult]::new('--idempotent', '--idempotent', [CompletionResultType]::ParameterName, 'The receiver takes an event twice without harm: count whatever has failed')
            [CompletionResult]::new('--include-acknowledged', '--include-acknowledged', [CompletionResultType]::ParameterName, 'Count events that were acknowledged and are not in the log')
            [CompletionResult]::new('--no-proof', '--no-proof', [CompletionResultType]::ParameterName, 'Trust the vendor''s filter and the log without proof')
            [CompletionResult]::new('--audit', '--audit', [CompletionResultType]::ParameterName, 'Compare both ways: list delivered events too, and look for every id of the log at the vendor')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;list' {
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Webhook by id, by name from the settings, or by event type; may be repeated')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'From this time: a date, a date and time, RFC 3339, now, today, yesterday')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Up to this time; a bare date includes that whole day [default: now]')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Zone of times without an offset, yours and the vendor''s [default: UTC]')
            [CompletionResult]::new('--min-age', '--min-age', [CompletionResultType]::ParameterName, 'Leave events younger than this alone [default: 5m]')
            [CompletionResult]::new('--event-type', '--event-type', [CompletionResultType]::ParameterName, 'Only events of this type: keeps the webhooks that deliver it; may be repeated')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all')
            [CompletionResult]::new('--verdict', '--verdict', [CompletionResultType]::ParameterName, 'Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled')
            [CompletionResult]::new('--status-code', '--status-code', [CompletionResultType]::ParameterName, 'Only events with this status code: 404, 500-599, 5xx, or none')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Only this event; may be repeated')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'List at most this many; the picture and the counts are those of all')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'By what to sort')
            [CompletionResult]::new('--received', '--received', [CompletionResultType]::ParameterName, 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated')
            [CompletionResult]::new('--received-format', '--received-format', [CompletionResultType]::ParameterName, 'How to read it [default: auto]')
            [CompletionResult]::new('--received-id', '--received-id', [CompletionResultType]::ParameterName, 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)')
            [CompletionResult]::new('--received-status', '--received-status', [CompletionResultType]::ParameterName, 'Where the HTTP status is; only lines with a successful one count')
            [CompletionResult]::new('--received-ok', '--received-ok', [CompletionResultType]::ParameterName, 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]')
            [CompletionResult]::new('--received-time', '--received-time', [CompletionResultType]::ParameterName, 'Where the time is; gives the log its coverage')
            [CompletionResult]::new('--received-since', '--received-since', [CompletionResultType]::ParameterName, 'Since when the log is complete')
            [CompletionResult]::new('--received-query', '--received-query', [CompletionResultType]::ParameterName, 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Requests at once [default: 4]')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'How long the run may last [default: 4h]')
            [CompletionResult]::new('--max-attempts', '--max-attempts', [CompletionResultType]::ParameterName, 'Resends of one event, over all runs [default: 5]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--slice', '--slice', [CompletionResultType]::ParameterName, 'Range of one listing, at most 30d [default: 1d]')
            [CompletionResult]::new('--zone-margin', '--zone-margin', [CompletionResultType]::ParameterName, 'Widen ranges by this, as the vendor''s zone is uncertain [default: 2h]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--all-webhooks', '--all-webhooks', [CompletionResultType]::ParameterName, 'All webhooks that the keys can see')
            [CompletionResult]::new('--idempotent', '--idempotent', [CompletionResultType]::ParameterName, 'The receiver takes an event twice without harm: count whatever has failed')
            [CompletionResult]::new('--include-acknowledged', '--include-acknowledged', [CompletionResultType]::ParameterName, 'Count events that were acknowledged and are not in the log')
            [CompletionResult]::new('--no-proof', '--no-proof', [CompletionResultType]::ParameterName, 'Trust the vendor''s filter and the log without proof')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;plan' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Where to write the plan; - for standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Where to write the plan; - for standard output')
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Webhook by id, by name from the settings, or by event type; may be repeated')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'From this time: a date, a date and time, RFC 3339, now, today, yesterday')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Up to this time; a bare date includes that whole day [default: now]')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Zone of times without an offset, yours and the vendor''s [default: UTC]')
            [CompletionResult]::new('--min-age', '--min-age', [CompletionResultType]::ParameterName, 'Leave events younger than this alone [default: 5m]')
            [CompletionResult]::new('--event-type', '--event-type', [CompletionResultType]::ParameterName, 'Only events of this type: keeps the webhooks that deliver it; may be repeated')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all')
            [CompletionResult]::new('--verdict', '--verdict', [CompletionResultType]::ParameterName, 'Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled')
            [CompletionResult]::new('--status-code', '--status-code', [CompletionResultType]::ParameterName, 'Only events with this status code: 404, 500-599, 5xx, or none')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Only this event; may be repeated')
            [CompletionResult]::new('--received', '--received', [CompletionResultType]::ParameterName, 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated')
            [CompletionResult]::new('--received-format', '--received-format', [CompletionResultType]::ParameterName, 'How to read it [default: auto]')
            [CompletionResult]::new('--received-id', '--received-id', [CompletionResultType]::ParameterName, 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)')
            [CompletionResult]::new('--received-status', '--received-status', [CompletionResultType]::ParameterName, 'Where the HTTP status is; only lines with a successful one count')
            [CompletionResult]::new('--received-ok', '--received-ok', [CompletionResultType]::ParameterName, 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]')
            [CompletionResult]::new('--received-time', '--received-time', [CompletionResultType]::ParameterName, 'Where the time is; gives the log its coverage')
            [CompletionResult]::new('--received-since', '--received-since', [CompletionResultType]::ParameterName, 'Since when the log is complete')
            [CompletionResult]::new('--received-query', '--received-query', [CompletionResultType]::ParameterName, 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received')
            [CompletionResult]::new('--max-resends', '--max-resends', [CompletionResultType]::ParameterName, 'Resends of a run; a larger plan is written with a warning [default: 10000]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Requests at once [default: 4]')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'How long the run may last [default: 4h]')
            [CompletionResult]::new('--max-attempts', '--max-attempts', [CompletionResultType]::ParameterName, 'Resends of one event, over all runs [default: 5]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--slice', '--slice', [CompletionResultType]::ParameterName, 'Range of one listing, at most 30d [default: 1d]')
            [CompletionResult]::new('--zone-margin', '--zone-margin', [CompletionResultType]::ParameterName, 'Widen ranges by this, as the vendor''s zone is uncertain [default: 2h]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace the file if it is there; it may hold a plan that somebody has cut down')
            [CompletionResult]::new('--all-webhooks', '--all-webhooks', [CompletionResultType]::ParameterName, 'All webhooks that the keys can see')
            [CompletionResult]::new('--idempotent', '--idempotent', [CompletionResultType]::ParameterName, 'The receiver takes an event twice without harm: count whatever has failed')
            [CompletionResult]::new('--include-acknowledged', '--include-acknowledged', [CompletionResultType]::ParameterName, 'Count events that were acknowledged and are not in the log')
            [CompletionResult]::new('--no-proof', '--no-proof', [CompletionResultType]::ParameterName, 'Trust the vendor''s filter and the log without proof')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;apply' {
            [CompletionResult]::new('--stale-after', '--stale-after', [CompletionResultType]::ParameterName, 'Refuse a plan that is older than this')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Zone of times without an offset, yours and the vendor''s [default: UTC]')
            [CompletionResult]::new('--min-age', '--min-age', [CompletionResultType]::ParameterName, 'Leave events younger than this alone [default: 5m]')
            [CompletionResult]::new('--received', '--received', [CompletionResultType]::ParameterName, 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated')
            [CompletionResult]::new('--received-format', '--received-format', [CompletionResultType]::ParameterName, 'How to read it [default: auto]')
            [CompletionResult]::new('--received-id', '--received-id', [CompletionResultType]::ParameterName, 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)')
            [CompletionResult]::new('--received-status', '--received-status', [CompletionResultType]::ParameterName, 'Where the HTTP status is; only lines with a successful one count')
            [CompletionResult]::new('--received-ok', '--received-ok', [CompletionResultType]::ParameterName, 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]')
            [CompletionResult]::new('--received-time', '--received-time', [CompletionResultType]::ParameterName, 'Where the time is; gives the log its coverage')
            [CompletionResult]::new('--received-since', '--received-since', [CompletionResultType]::ParameterName, 'Since when the log is complete')
            [CompletionResult]::new('--received-query', '--received-query', [CompletionResultType]::ParameterName, 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received')
            [CompletionResult]::new('--max-resends', '--max-resends', [CompletionResultType]::ParameterName, 'Resends of this run; a larger plan is refused whole [default: 10000]')
            [CompletionResult]::new('--failure-budget', '--failure-budget', [CompletionResultType]::ParameterName, 'Failed deliveries that resends may cause for each webhook, over all runs, such as 2/60m [default: unlimited]')
            [CompletionResult]::new('--retention', '--retention', [CompletionResultType]::ParameterName, 'For how long the ledger keeps settled attempts, or forever [default: 90d]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Requests at once [default: 4]')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'How long the run may last [default: 4h]')
            [CompletionResult]::new('--max-attempts', '--max-attempts', [CompletionResultType]::ParameterName, 'Resends of one event, over all runs [default: 5]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--slice', '--slice', [CompletionResultType]::ParameterName, 'Range of one listing, at most 30d [default: 1d]')
            [CompletionResult]::new('--zone-margin', '--zone-margin', [CompletionResultType]::ParameterName, 'Widen ranges by this, as the vendor''s zone is uncertain [default: 2h]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--no-proof', '--no-proof', [CompletionResultType]::ParameterName, 'Trust the log without proof')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be resent and resend nothing')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask on a terminal before resending')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask on a terminal before resending')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;resend' {
            [CompletionResult]::new('--from-file', '--from-file', [CompletionResultType]::ParameterName, 'Take the ids from this file, one a line')
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Webhook by id, by name from the settings, or by event type; may be repeated')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Zone of times without an offset, yours and the vendor''s [default: UTC]')
            [CompletionResult]::new('--min-age', '--min-age', [CompletionResultType]::ParameterName, 'Leave events younger than this alone [default: 5m]')
            [CompletionResult]::new('--received', '--received', [CompletionResultType]::ParameterName, 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated')
            [CompletionResult]::new('--received-format', '--received-format', [CompletionResultType]::ParameterName, 'How to read it [default: auto]')
            [CompletionResult]::new('--received-id', '--received-id', [CompletionResultType]::ParameterName, 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)')
            [CompletionResult]::new('--received-status', '--received-status', [CompletionResultType]::ParameterName, 'Where the HTTP status is; only lines with a successful one count')
            [CompletionResult]::new('--received-ok', '--received-ok', [CompletionResultType]::ParameterName, 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]')
            [CompletionResult]::new('--received-time', '--received-time', [CompletionResultType]::ParameterName, 'Where the time is; gives the log its coverage')
            [CompletionResult]::new('--received-since', '--received-since', [CompletionResultType]::ParameterName, 'Since when the log is complete')
            [CompletionResult]::new('--received-query', '--received-query', [CompletionResultType]::ParameterName, 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received')
            [CompletionResult]::new('--max-resends', '--max-resends', [CompletionResultType]::ParameterName, 'Resends of this run; a larger plan is refused whole [default: 10000]')
            [CompletionResult]::new('--failure-budget', '--failure-budget', [CompletionResultType]::ParameterName, 'Failed deliveries that resends may cause for each webhook, over all runs, such as 2/60m [default: unlimited]')
            [CompletionResult]::new('--retention', '--retention', [CompletionResultType]::ParameterName, 'For how long the ledger keeps settled attempts, or forever [default: 90d]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Requests at once [default: 4]')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'How long the run may last [default: 4h]')
            [CompletionResult]::new('--max-attempts', '--max-attempts', [CompletionResultType]::ParameterName, 'Resends of one event, over all runs [default: 5]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--slice', '--slice', [CompletionResultType]::ParameterName, 'Range of one listing, at most 30d [default: 1d]')
            [CompletionResult]::new('--zone-margin', '--zone-margin', [CompletionResultType]::ParameterName, 'Widen ranges by this, as the vendor''s zone is uncertain [default: 2h]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--all-webhooks', '--all-webhooks', [CompletionResultType]::ParameterName, 'All webhooks that the keys can see')
            [CompletionResult]::new('--idempotent', '--idempotent', [CompletionResultType]::ParameterName, 'The receiver takes an event twice without harm: count whatever has failed')
            [CompletionResult]::new('--include-acknowledged', '--include-acknowledged', [CompletionResultType]::ParameterName, 'Count events that were acknowledged and are not in the log')
            [CompletionResult]::new('--no-proof', '--no-proof', [CompletionResultType]::ParameterName, 'Trust the vendor''s filter and the log without proof')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be resent and resend nothing')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask on a terminal before resending')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask on a terminal before resending')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;received' {
            [CompletionResult]::new('--absent-of', '--absent-of', [CompletionResultType]::ParameterName, 'Print those ids of this list that the log does not hold: a file with one id a line, or -')
            [CompletionResult]::new('--received-format', '--received-format', [CompletionResultType]::ParameterName, 'How to read it [default: auto]')
            [CompletionResult]::new('--received-id', '--received-id', [CompletionResultType]::ParameterName, 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)')
            [CompletionResult]::new('--received-status', '--received-status', [CompletionResultType]::ParameterName, 'Where the HTTP status is; only lines with a successful one count')
            [CompletionResult]::new('--received-ok', '--received-ok', [CompletionResultType]::ParameterName, 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]')
            [CompletionResult]::new('--received-time', '--received-time', [CompletionResultType]::ParameterName, 'Where the time is; gives the log its coverage')
            [CompletionResult]::new('--received-since', '--received-since', [CompletionResultType]::ParameterName, 'Since when the log is complete')
            [CompletionResult]::new('--received-query', '--received-query', [CompletionResultType]::ParameterName, 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Zone of times without an offset [default: UTC]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;history' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many runs to list')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;quarantine' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the events in quarantine')
            [CompletionResult]::new('release', 'release', [CompletionResultType]::ParameterValue, 'Let events in quarantine be tried again')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'hookmend;quarantine;list' {
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Only of this webhook, by id or by name from the settings; may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;quarantine;release' {
            [CompletionResult]::new('--from-file', '--from-file', [CompletionResultType]::ParameterName, 'Read ids from this file, one a line')
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Only of this webhook, by id or by name from the settings; may be repeated')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Release every event in quarantine')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'With --all, do not ask on a terminal first')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'With --all, do not ask on a terminal first')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;quarantine;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the events in quarantine')
            [CompletionResult]::new('release', 'release', [CompletionResultType]::ParameterValue, 'Let events in quarantine be tried again')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'hookmend;quarantine;help;list' {
            break
        }
        'hookmend;quarantine;help;release' {
            break
        }
        'hookmend;quarantine;help;help' {
            break
        }
        'hookmend;show' {
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Webhook by id, by name from the settings, or by event type; may be repeated')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Zone of times without an offset, yours and the vendor''s [default: UTC]')
            [CompletionResult]::new('--received', '--received', [CompletionResultType]::ParameterName, 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated')
            [CompletionResult]::new('--received-format', '--received-format', [CompletionResultType]::ParameterName, 'How to read it [default: auto]')
            [CompletionResult]::new('--received-id', '--received-id', [CompletionResultType]::ParameterName, 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)')
            [CompletionResult]::new('--received-status', '--received-status', [CompletionResultType]::ParameterName, 'Where the HTTP status is; only lines with a successful one count')
            [CompletionResult]::new('--received-ok', '--received-ok', [CompletionResultType]::ParameterName, 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]')
            [CompletionResult]::new('--received-time', '--received-time', [CompletionResultType]::ParameterName, 'Where the time is; gives the log its coverage')
            [CompletionResult]::new('--received-since', '--received-since', [CompletionResultType]::ParameterName, 'Since when the log is complete')
            [CompletionResult]::new('--received-query', '--received-query', [CompletionResultType]::ParameterName, 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--payload', '--payload', [CompletionResultType]::ParameterName, 'Print the payload, which may hold personal data; what may be secret in its URLs, and values that are called secrets (password, token, API key, signature and the like), show as ***')
            [CompletionResult]::new('--show-urls', '--show-urls', [CompletionResultType]::ParameterName, 'Show URLs and payloads whole, with whatever secrets they hold')
            [CompletionResult]::new('--all-webhooks', '--all-webhooks', [CompletionResultType]::ParameterName, 'All webhooks that the keys can see')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;webhooks' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the webhooks the keys can see')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Subscribe a receiver to an event type')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Change the event type or the URL of a webhook')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete a webhook')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'hookmend;webhooks;list' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--show-urls', '--show-urls', [CompletionResultType]::ParameterName, 'Show URLs whole, with whatever secrets they hold')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;webhooks;create' {
            [CompletionResult]::new('--event-type', '--event-type', [CompletionResultType]::ParameterName, 'The event type to deliver; `hookmend types` lists them')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where to deliver: https, or http on this machine; - reads it from standard input, which keeps a token in it out of the process list')
            [CompletionResult]::new('--url-env', '--url-env', [CompletionResultType]::ParameterName, 'Take the URL from this variable of the environment')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask before creating a second webhook of the same type and URL')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask before creating a second webhook of the same type and URL')
            [CompletionResult]::new('--show-urls', '--show-urls', [CompletionResultType]::ParameterName, 'Show URLs whole, with whatever secrets they hold')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;webhooks;update' {
            [CompletionResult]::new('--event-type', '--event-type', [CompletionResultType]::ParameterName, 'Deliver this event type instead')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Where to deliver: https, or http on this machine; - reads it from standard input, which keeps a token in it out of the process list')
            [CompletionResult]::new('--url-env', '--url-env', [CompletionResultType]::ParameterName, 'Take the URL from this variable of the environment')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask first')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask first')
            [CompletionResult]::new('--show-urls', '--show-urls', [CompletionResultType]::ParameterName, 'Show URLs whole, with whatever secrets they hold')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;webhooks;delete' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask first')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask first')
            [CompletionResult]::new('--show-urls', '--show-urls', [CompletionResultType]::ParameterName, 'Show URLs whole, with whatever secrets they hold')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;webhooks;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the webhooks the keys can see')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Subscribe a receiver to an event type')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Change the event type or the URL of a webhook')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete a webhook')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'hookmend;webhooks;help;list' {
            break
        }
        'hookmend;webhooks;help;create' {
            break
        }
        'hookmend;webhooks;help;update' {
            break
        }
        'hookmend;webhooks;help;delete' {
            break
        }
        'hookmend;webhooks;help;help' {
            break
        }
        'hookmend;types' {
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;init' {
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is')
            [CompletionResult]::new('--api-key-from', '--api-key-from', [CompletionResultType]::ParameterName, 'Where the API key comes from: env:NAME, file:PATH or command:LINE; never the key itself')
            [CompletionResult]::new('--subscription-key-from', '--subscription-key-from', [CompletionResultType]::ParameterName, 'Where the subscription key comes from, in the same way')
            [CompletionResult]::new('--received', '--received', [CompletionResultType]::ParameterName, 'Your log of received event ids; may be repeated')
            [CompletionResult]::new('--received-format', '--received-format', [CompletionResultType]::ParameterName, 'How to read it [default: auto]')
            [CompletionResult]::new('--received-id', '--received-id', [CompletionResultType]::ParameterName, 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)')
            [CompletionResult]::new('--received-status', '--received-status', [CompletionResultType]::ParameterName, 'Where the HTTP status is; only lines with a successful one count')
            [CompletionResult]::new('--received-ok', '--received-ok', [CompletionResultType]::ParameterName, 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]')
            [CompletionResult]::new('--received-time', '--received-time', [CompletionResultType]::ParameterName, 'Where the time is; gives the log its coverage')
            [CompletionResult]::new('--received-since', '--received-since', [CompletionResultType]::ParameterName, 'Since when the log is complete')
            [CompletionResult]::new('--received-query', '--received-query', [CompletionResultType]::ParameterName, 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received')
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Webhook with a name for it, or an id or an event type; may be repeated')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Zone of times without an offset, yours and the vendor''s')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Write to standard output and to no file')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace the file if there is one')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Ask nothing: write what the flags say, and defaults')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Ask nothing: write what the flags say, and defaults')
            [CompletionResult]::new('--defaults', '--defaults', [CompletionResultType]::ParameterName, 'Ask nothing: write what the flags say, and defaults')
            [CompletionResult]::new('--all-webhooks', '--all-webhooks', [CompletionResultType]::ParameterName, 'All webhooks that the keys can see')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;doctor' {
            [CompletionResult]::new('--webhook', '--webhook', [CompletionResultType]::ParameterName, 'Webhook by id, by name from the settings, or by event type; may be repeated')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less three hours [default: 7d]')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'From this time: a date, a date and time, RFC 3339, now, today, yesterday')
            [CompletionResult]::new('--to', '--to', [CompletionResultType]::ParameterName, 'Up to this time; a bare date includes that whole day [default: now]')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Zone of times without an offset, yours and the vendor''s [default: UTC]')
            [CompletionResult]::new('--min-age', '--min-age', [CompletionResultType]::ParameterName, 'Leave events younger than this alone [default: 5m]')
            [CompletionResult]::new('--event-type', '--event-type', [CompletionResultType]::ParameterName, 'Only events of this type: keeps the webhooks that deliver it; may be repeated')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all')
            [CompletionResult]::new('--verdict', '--verdict', [CompletionResultType]::ParameterName, 'Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled')
            [CompletionResult]::new('--status-code', '--status-code', [CompletionResultType]::ParameterName, 'Only events with this status code: 404, 500-599, 5xx, or none')
            [CompletionResult]::new('--id', '--id', [CompletionResultType]::ParameterName, 'Only this event; may be repeated')
            [CompletionResult]::new('--received', '--received', [CompletionResultType]::ParameterName, 'Your log of received event ids: a file, a pattern in quotes, - for standard input, or a database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be repeated')
            [CompletionResult]::new('--received-format', '--received-format', [CompletionResultType]::ParameterName, 'How to read it [default: auto]')
            [CompletionResult]::new('--received-id', '--received-id', [CompletionResultType]::ParameterName, 'Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)')
            [CompletionResult]::new('--received-status', '--received-status', [CompletionResultType]::ParameterName, 'Where the HTTP status is; only lines with a successful one count')
            [CompletionResult]::new('--received-ok', '--received-ok', [CompletionResultType]::ParameterName, 'Which statuses are successful, such as 200 or 200,204 [default: 2xx]')
            [CompletionResult]::new('--received-time', '--received-time', [CompletionResultType]::ParameterName, 'Where the time is; gives the log its coverage')
            [CompletionResult]::new('--received-since', '--received-since', [CompletionResultType]::ParameterName, 'Since when the log is complete')
            [CompletionResult]::new('--received-query', '--received-query', [CompletionResultType]::ParameterName, 'What to ask a database that is named without a table; its one parameter is the array of the wanted ids, and it returns those that were received')
            [CompletionResult]::new('--max-resends', '--max-resends', [CompletionResultType]::ParameterName, 'Resends of this run; a larger plan is refused whole [default: 10000]')
            [CompletionResult]::new('--failure-budget', '--failure-budget', [CompletionResultType]::ParameterName, 'Failed deliveries that resends may cause for each webhook, over all runs, such as 2/60m [default: unlimited]')
            [CompletionResult]::new('--retention', '--retention', [CompletionResultType]::ParameterName, 'For how long the ledger keeps settled attempts, or forever [default: 90d]')
            [CompletionResult]::new('--max-rounds', '--max-rounds', [CompletionResultType]::ParameterName, 'Rounds in a row without progress [default: 3]')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Requests at once [default: 4]')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Requests at most: 5/s, 300/m, 1000/h [default: unlimited]')
            [CompletionResult]::new('--deadline', '--deadline', [CompletionResultType]::ParameterName, 'How long the run may last [default: 4h]')
            [CompletionResult]::new('--max-attempts', '--max-attempts', [CompletionResultType]::ParameterName, 'Resends of one event, over all runs [default: 5]')
            [CompletionResult]::new('--settle', '--settle', [CompletionResultType]::ParameterName, 'How long a resend in doubt must be without evidence before it counts as not sent [default: 60s]')
            [CompletionResult]::new('--provider', '--provider', [CompletionResultType]::ParameterName, 'Which vendor [default: front-systems]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the vendor is; https, or http on this machine')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificate authorities to trust beside the usual ones (PEM)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'How long one request may take [default: 60s]')
            [CompletionResult]::new('--slice', '--slice', [CompletionResultType]::ParameterName, 'Range of one listing, at most 30d [default: 1d]')
            [CompletionResult]::new('--zone-margin', '--zone-margin', [CompletionResultType]::ParameterName, 'Widen ranges by this, as the vendor''s zone is uncertain [default: 2h]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What goes to standard output [default: human]')
            [CompletionResult]::new('--ledger', '--ledger', [CompletionResultType]::ParameterName, 'The journal of runs and resends [default: in the user''s state folder]')
            [CompletionResult]::new('--ping', '--ping', [CompletionResultType]::ParameterName, 'Tell a dead man''s switch when the run begins and how it ends: posts to URL/start, then to URL or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list')
            [CompletionResult]::new('--metrics', '--metrics', [CompletionResultType]::ParameterName, 'Write metrics of the run for Prometheus'' node_exporter; the file''s name ends in .prom and is the label task')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or .xml for JUnit; may be repeated')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('--all-webhooks', '--all-webhooks', [CompletionResultType]::ParameterName, 'All webhooks that the keys can see')
            [CompletionResult]::new('--idempotent', '--idempotent', [CompletionResultType]::ParameterName, 'The receiver takes an event twice without harm: count whatever has failed')
            [CompletionResult]::new('--include-acknowledged', '--include-acknowledged', [CompletionResultType]::ParameterName, 'Count events that were acknowledged and are not in the log')
            [CompletionResult]::new('--no-proof', '--no-proof', [CompletionResultType]::ParameterName, 'Trust the vendor''s filter and the log without proof')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be resent and resend nothing')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask on a terminal before resending')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask on a terminal before resending')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;sandbox' {
            [CompletionResult]::new('--scenario', '--scenario', [CompletionResultType]::ParameterName, 'A file that describes the world, instead of --webhooks, --events and the like')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port on the loopback interface; 0 takes a free one')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed of everything that is invented or drawn [default: the scenario''s, else 1]')
            [CompletionResult]::new('--webhooks', '--webhooks', [CompletionResultType]::ParameterName, 'How many webhooks there are, each with events of one type')
            [CompletionResult]::new('--events', '--events', [CompletionResultType]::ParameterName, 'Events of each webhook, spread over the last seven days')
            [CompletionResult]::new('--missing', '--missing', [CompletionResultType]::ParameterName, 'How many of them failed and are not in the received log')
            [CompletionResult]::new('--unacknowledged', '--unacknowledged', [CompletionResultType]::ParameterName, 'How many failed for the vendor although the received log holds them')
            [CompletionResult]::new('--poison', '--poison', [CompletionResultType]::ParameterName, 'How many of the missing ones the receiver refuses for ever')
            [CompletionResult]::new('--receiver', '--receiver', [CompletionResultType]::ParameterName, 'The receiver: the URL of your own, which is really called, or how a simulated one behaves: up, down, down-until=TRIES, failing=RATE, losing-after-ack or keeping-without-ack [default: the URLs of the scenario''s webhooks, else up]')
            [CompletionResult]::new('--event-id-header', '--event-id-header', [CompletionResultType]::ParameterName, 'Header in which your receiver gets the event''s id [default: the scenario''s, else X-Event-Id]')
            [CompletionResult]::new('--fault', '--fault', [CompletionResultType]::ParameterName, 'Something the vendor does wrong; may be given several times')
            [CompletionResult]::new('--received', '--received', [CompletionResultType]::ParameterName, 'New file for the received log [default: one in a temporary directory]')
            [CompletionResult]::new('--journal', '--journal', [CompletionResultType]::ParameterName, 'File that gets a JSON line for every call to the vendor''s API and every delivery')
            [CompletionResult]::new('--ready-file', '--ready-file', [CompletionResultType]::ParameterName, 'File that is written, as JSON, once the sandbox answers and what a scenario delivers at the start was tried')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;demo' {
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Seed of everything that is invented')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'hookmend;completions' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'hookmend;man' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Settings file [default: ./hookmend.toml, then the user''s, then the system''s]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour [default: auto]')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say only what is wrong')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what was resolved, where it was set, and what is done')
            [CompletionResult]::new('--no-progress', '--no-progress', [CompletionResultType]::ParameterName, 'Show no progress on the terminal')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'hookmend;help' {
            [CompletionResult]::new('reconcile', 'reconcile', [CompletionResultType]::ParameterValue, 'List, diff, resend until nothing is left')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Diff only; exit 10 when events are missing')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Show the failed events of a window, and when they failed')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Write down what would be resent, to be read and cut down')
            [CompletionResult]::new('apply', 'apply', [CompletionResultType]::ParameterValue, 'Carry out a plan, exactly')
            [CompletionResult]::new('resend', 'resend', [CompletionResultType]::ParameterValue, 'Resend events by hand')
            [CompletionResult]::new('received', 'received', [CompletionResultType]::ParameterValue, 'Say what a received log holds, or which ids it does not hold')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show past runs, or every attempt of an event')
            [CompletionResult]::new('quarantine', 'quarantine', [CompletionResultType]::ParameterValue, 'Show or release events that used up their attempts')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show single events in full')
            [CompletionResult]::new('webhooks', 'webhooks', [CompletionResultType]::ParameterValue, 'List, create, change or delete the vendor''s webhooks')
            [CompletionResult]::new('types', 'types', [CompletionResultType]::ParameterValue, 'List the vendor''s event types, or show the schema of one')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented settings file to start from')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check everything a run needs, one line each')
            [CompletionResult]::new('sandbox', 'sandbox', [CompletionResultType]::ParameterValue, 'Serve a simulated vendor with a flaky receiver')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'See the whole job on the simulated vendor')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'hookmend;help;reconcile' {
            break
        }
        'hookmend;help;check' {
            break
        }
        'hookmend;help;list' {
            break
        }
        'hookmend;help;plan' {
            break
        }
        'hookmend;help;apply' {
            break
        }
        'hookmend;help;resend' {
            break
        }
        'hookmend;help;received' {
            break
        }
        'hookmend;help;history' {
            break
        }
        'hookmend;help;quarantine' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the events in quarantine')
            [CompletionResult]::new('release', 'release', [CompletionResultType]::ParameterValue, 'Let events in quarantine be tried again')
            break
        }
        'hookmend;help;quarantine;list' {
            break
        }
        'hookmend;help;quarantine;release' {
            break
        }
        'hookmend;help;show' {
            break
        }
        'hookmend;help;webhooks' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the webhooks the keys can see')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Subscribe a receiver to an event type')
            [CompletionResult]::new('update', 'update', [CompletionResultType]::ParameterValue, 'Change the event type or the URL of a webhook')
            [CompletionResult]::new('delete', 'delete', [CompletionResultType]::ParameterValue, 'Delete a webhook')
            break
        }
        'hookmend;help;webhooks;list' {
            break
        }
        'hookmend;help;webhooks;create' {
            break
        }
        'hookmend;help;webhooks;update' {
            break
        }
        'hookmend;help;webhooks;delete' {
            break
        }
        'hookmend;help;types' {
            break
        }
        'hookmend;help;init' {
            break
        }
        'hookmend;help;doctor' {
            break
        }
        'hookmend;help;sandbox' {
            break
        }
        'hookmend;help;demo' {
            break
        }
        'hookmend;help;completions' {
            break
        }
        'hookmend;help;man' {
            break
        }
        'hookmend;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
