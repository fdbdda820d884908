import t from 'tap';
import { nearest } from '../../../proto/src/options/nearest.ts';

t.test('did you mean', (t) => {
  const known = ['quorumSources', 'cell', 'listen'];
  t.equal(nearest('quorum_sources', known), 'did you mean quorumSources?');
  t.equal(nearest('CELL', known), 'did you mean cell?');
  t.equal(nearest('lisetn', known), 'did you mean listen?');
  t.equal(nearest('x', known), 'one of quorumSources, cell, listen');
  t.equal(nearest('c'.repeat(5000), known), 'one of quorumSources, cell, listen');
  t.end();
});
