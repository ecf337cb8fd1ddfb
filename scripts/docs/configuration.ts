import { printConfigManual } from '#shared/runtime/config-print.ts';
import { allSettings } from '#ucserver/all-settings.ts';
import { configSchema } from '#ucserver/config.ts';

/** `docs/configuration.md`. */
export function configurationPage(): string {
  return [
    '# Configuration',
    '',
    'One YAML file for each server, by default `/etc/ucmesh/ucmesh.yaml` (`ucmesh --config FILE`), and variables of the environment, which win.',
    'Unknown keys, wrong types and contradictions are all listed at start, with exit code 2. `ucmesh init` writes a file;',
    '`ucmesh check-config --connect` tries everything it names.',
    '',
    printConfigManual(configSchema).trimEnd(),
    '',
    '# Settings',
    '',
    'Set by administrators while the servers run (`settings.set`), for the company or for one server; in force everywhere within a second.',
    '',
    '| setting | default | clients see it | restart | meaning |',
    '|---|---|---|---|---|',
    ...allSettings.map(
      ({ key, about, default: value, clientVisible, needsRestart }) =>
        `| \`${key}\` | \`${JSON.stringify(value)}\` | ${clientVisible ? 'yes' : 'no'} | ${needsRestart ? 'yes' : 'no'} | ${about} |`,
    ),
    '',
  ].join('\n');
}
