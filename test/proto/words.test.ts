// The words of the wire and of the domain are written down twice, since neither may import the other: they are the same.
import t from 'tap';
import * as domainCase from '../../coordinator/src/domain/case.ts';
import * as domainOperator from '../../coordinator/src/domain/operator.ts';
import * as domainOrder from '../../coordinator/src/domain/order.ts';
import * as domainServo from '../../coordinator/src/domain/servo.ts';
import * as domainVerdict from '../../coordinator/src/domain/verdict.ts';
import * as admin from '../../proto/src/admin/words.ts';
import * as wire from '../../proto/src/wire.ts';

t.test('the same words, in the same order', (t) => {
  t.strictSame(wire.servoStates, domainServo.servoStates);
  t.strictSame(wire.activities, domainServo.activities);
  t.strictSame(wire.contradictions, domainServo.contradictions);
  t.strictSame(wire.outcomes, domainOrder.outcomes);
  t.strictSame(admin.verdicts, domainVerdict.verdicts);
  t.strictSame(admin.modes, domainOperator.modes);
  t.strictSame(admin.caseStates, domainCase.caseStates);
  t.end();
});
