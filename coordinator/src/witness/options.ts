// How a witness is configured: what is the same for all kinds, and what each kind needs.
import { choice, flag, group, id, optionalGroup, path, text, variant } from '@servo-auditor/proto/options.ts';
import { plainAnswer } from './http.ts';

const common = {
  id: id('witness', { help: 'name of this witness', example: 'registry' }),
  source: id('source', {
    help: 'where its knowledge comes from; witnesses of one source are one vote',
    example: 'registry',
  }),
  authority: flag({
    help: 'whether this one decides who owns a servo; of exactly one witness this is true',
    example: 'true',
  }),
};
const reads = choice(['primary', 'replica'] as const, {
  help: 'whether it is the primary, or a replica whose version must move to prove that it is current',
  default: 'replica',
});
const query = (help: string, example: string) => text({ help, example, max: 10_000 });

const pointer = (help: string, by: string) =>
  text({
    help,
    default: by,
    pattern: { like: /^(\/([^~/\s]|~[01])+)+$/, says: 'a JSON pointer, for example "/data/items"' },
  });

export const witnessOptions = variant(
  'kind',
  {
    sql: {
      ...common,
      reads,
      file: path({ help: 'SQLite database, read only', example: 'registry.db' }),
      queries: group('what it is asked', {
        state: query(
          'one row: lineage, version, claims, tombstones',
          'SELECT lineage, version, (SELECT count(*) FROM claim) AS claims, (SELECT count(*) FROM tombstone) AS tombstones FROM registry',
        ),
        claims: query(
          'uid, and where known host, incarnation, project, since',
          'SELECT uid, host, incarnation, project, version AS since FROM claim',
        ),
        tombstones: text({
          help: 'uid, and where known host, incarnation, project, project_released',
          optional: true,
          max: 10_000,
          example: 'SELECT uid, host, incarnation, project, project_released FROM tombstone',
        }),
        lookup: text({
          help: 'takes one uid; always a row: lineage, version, claimed, and host, incarnation, project, since',
          optional: true,
          max: 10_000,
          example:
            'SELECT r.lineage, r.version, c.uid IS NOT NULL AS claimed, c.host, c.incarnation, c.project FROM registry r LEFT JOIN claim c ON c.uid = ?',
        }),
      }),
    },
    http: {
      ...common,
      url: text({
        help: 'address of the first page; a uid is looked up at <url>/<uid>',
        example: 'http://router.internal:8080/routes',
        pattern: {
          like: /^https?:\/\/[^\s@/?#]+(\/[^\s#]*)?$/,
          says: 'a URL that starts with http:// or https://, without user, password or fragment',
        },
      }),
      fields: group('names of the fields of an item', {
        uid: text({ help: 'the servo’s uid', default: 'uid' }),
        host: text({ help: 'the host, where it is known', optional: true, example: 'host' }),
        incarnation: text({ help: 'the incarnation, where it is known', optional: true }),
        project: text({ help: 'the project, where it is known', optional: true, example: 'project' }),
        since: text({ help: 'version in which the claim was made, where it is known', optional: true }),
      }),
      answer: optionalGroup('where things stand in an answer, as JSON pointers', {
        cursorParameter: text({
          help: 'query parameter that takes the cursor of a later page',
          default: plainAnswer.cursorParameter,
          pattern: { like: /^[A-Za-z0-9_.[\]-]+$/, says: 'letters, digits and "_.[]-"' },
        }),
        lineage: pointer('which database this is', plainAnswer.lineage),
        sequence: pointer('number of the reading; rises with each', plainAnswer.sequence),
        total: pointer('items of the whole reading', plainAnswer.total),
        items: pointer('items of this page', plainAnswer.items),
        next: pointer('cursor of the next page, null on the last', plainAnswer.next),
        claimed: pointer('in the answer to a look-up: true or false', plainAnswer.claimed),
        claims: pointer('in the answer to a look-up: the claims', plainAnswer.claims),
      }),
      lookup: flag({ help: 'it answers look-ups of single uids', default: true }),
      tokenFile: path({ help: 'file with a bearer token, readable by this user only', optional: true }),
    },
    file: {
      ...common,
      reads,
      file: path({ help: 'file that a job writes whole and renames into place', example: 'billing.json' }),
      format: choice(['json', 'csv'] as const, { help: 'how it is written', default: 'json' }),
    },
  },
  'one witness',
);
