// The mutants of a source: one small wrong change each, as a slip of the pen would make it. The operators are those of Stryker
// ("mutator" names are its own), on TypeScript's syntax tree; what is changed is a piece of the text, so that nothing else moves.
//
// Not mutated: types, imports, names of fields, and the words of a thrown `Error`, which says that an invariant is broken.
import ts from 'typescript';

export interface Mutant {
  readonly mutator: string;
  /** Place in the text, and what stands there instead. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

type Found = readonly [mutator: string, node: ts.Node, text: string];

/** All mutants of a source, in the order of their places; no two are the same text. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
  const found = new Map<string, Mutant>();
  const visit = (node: ts.Node): void => {
    if (
      ts.isTypeNode(node) ||
      ts.isImportDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      ts.isTypeAliasDeclaration(node)
    )
      return;
    for (const [mutator, at, text] of changesOf(node, tree)) {
      const start = at.getStart(tree);
      const end = at.getEnd();
      const key = `${start} ${end} ${text}`;
      if (source.slice(start, end) !== text && !found.has(key)) found.set(key, { mutator, start, end, text });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return [...found.values()].toSorted(
    (a, b) => a.start - b.start || a.end - b.end || (a.text < b.text ? -1 : 1),
  );
}

function changesOf(node: ts.Node, tree: ts.SourceFile): readonly Found[] {
  if (ts.isBinaryExpression(node)) return binary(node, tree);
  if (ts.isIfStatement(node)) return both('ConditionalExpression', node.expression);
  if (ts.isConditionalExpression(node)) return both('ConditionalExpression', node.condition);
  if (ts.isForStatement(node) && node.condition !== undefined)
    return [['ConditionalExpression', node.condition, 'false']];
  if (ts.isWhileStatement(node) || ts.isDoStatement(node))
    return [['ConditionalExpression', node.expression, 'false']];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [['BooleanLiteral', node, 'false']];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [['BooleanLiteral', node, 'true']];
  if (ts.isPrefixUnaryExpression(node)) return prefix(node, tree);
  if (ts.isPostfixUnaryExpression(node))
    return [
      [
        'UpdateOperator',
        node,
        `${node.operand.getText(tree)}${node.operator === ts.SyntaxKind.PlusPlusToken ? '--' : '++'}`,
      ],
    ];
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node))
    return isWord(node) ? [['StringLiteral', node, node.text === '' ? "'mutant'" : "''"]] : [];
  if (ts.isTemplateExpression(node)) return inError(node) ? [] : [['StringLiteral', node, "''"]];
  if (ts.isArrayLiteralExpression(node))
    return isPattern(node)
      ? []
      : [['ArrayDeclaration', node, node.elements.length === 0 ? "['mutant']" : '[]']];
  if (ts.isObjectLiteralExpression(node))
    return node.properties.length === 0 ? [] : [['ObjectLiteral', node, '{}']];
  if (ts.isBlock(node)) return node.statements.length === 0 ? [] : [['BlockStatement', node, '{}']];
  if (ts.isCaseClause(node)) return clause(node, tree);
  if (ts.isArrowFunction(node))
    return ts.isBlock(node.body) ? [] : [['ArrowFunction', node.body, 'undefined']];
  if (ts.isCallExpression(node)) return call(node, tree);
  if (
    (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) &&
    node.questionDotToken !== undefined
  )
    return chained(node, tree);
  return [];
}

function both(mutator: string, node: ts.Expression): readonly Found[] {
  return [
    [mutator, node, 'true'],
    [mutator, node, 'false'],
  ];
}

const swaps: Readonly<Partial<Record<ts.SyntaxKind, readonly [mutator: string, ...others: string[]]>>> = {
  [ts.SyntaxKind.PlusToken]: ['ArithmeticOperator', '-'],
  [ts.SyntaxKind.MinusToken]: ['ArithmeticOperator', '+'],
  [ts.SyntaxKind.AsteriskToken]: ['ArithmeticOperator', '/'],
  [ts.SyntaxKind.SlashToken]: ['ArithmeticOperator', '*'],
  [ts.SyntaxKind.PercentToken]: ['ArithmeticOperator', '*'],
  [ts.SyntaxKind.LessThanToken]: ['EqualityOperator', '<=', '>='],
  [ts.SyntaxKind.LessThanEqualsToken]: ['EqualityOperator', '<', '>'],
  [ts.SyntaxKind.GreaterThanToken]: ['EqualityOperator', '>=', '<='],
  [ts.SyntaxKind.GreaterThanEqualsToken]: ['EqualityOperator', '>', '<'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: ['EqualityOperator', '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: ['EqualityOperator', '==='],
  [ts.SyntaxKind.AmpersandAmpersandToken]: ['LogicalOperator', '||'],
  [ts.SyntaxKind.BarBarToken]: ['LogicalOperator', '&&'],
  [ts.SyntaxKind.QuestionQuestionToken]: ['LogicalOperator', '&&'],
  [ts.SyntaxKind.PlusEqualsToken]: ['AssignmentOperator', '-='],
  [ts.SyntaxKind.MinusEqualsToken]: ['AssignmentOperator', '+='],
  [ts.SyntaxKind.QuestionQuestionEqualsToken]: ['AssignmentOperator', '&&='],
};

/** Operators whose result is true or false, whatever they work on. */
const judges: readonly string[] = ['EqualityOperator', 'LogicalOperator'];

function binary(node: ts.BinaryExpression, tree: ts.SourceFile): readonly Found[] {
  const [mutator, ...others] = swaps[node.operatorToken.kind] ?? [];
  if (mutator === undefined) return [];
  const [left, right] = [node.left.getText(tree), node.right.getText(tree)];
  const changed = others.map((other): Found => [
    mutator,
    node,
    parenthesised(node, `${left} ${other} ${right}`),
  ]);
  const isJudging =
    judges.includes(mutator) && node.operatorToken.kind !== ts.SyntaxKind.QuestionQuestionToken;
  return isJudging ? [...changed, ...both('ConditionalExpression', node)] : changed;
}

/** Another operator binds otherwise: what stood together stays together. */
function parenthesised(node: ts.Node, text: string): string {
  return ts.isBinaryExpression(node.parent) || ts.isPrefixUnaryExpression(node.parent) ? `(${text})` : text;
}

function prefix(node: ts.PrefixUnaryExpression, tree: ts.SourceFile): readonly Found[] {
  const operand = node.operand.getText(tree);
  const { ExclamationToken, MinusToken, PlusPlusToken, MinusMinusToken } = ts.SyntaxKind;
  if (node.operator === ExclamationToken) return [['BooleanLiteral', node, operand]];
  if (node.operator === MinusToken) return [['UnaryOperator', node, `+${operand}`]];
  if (node.operator === PlusPlusToken) return [['UpdateOperator', node, `--${operand}`]];
  return node.operator === MinusMinusToken ? [['UpdateOperator', node, `++${operand}`]] : [];
}

/** Names of methods, and the ones that they are mistaken for; an empty one is left out. */
const methods: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  toUpperCase: 'toLowerCase',
  toLowerCase: 'toUpperCase',
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
  filter: '',
  slice: '',
  sort: '',
  toSorted: '',
  toReversed: '',
  trim: '',
};

function call(node: ts.CallExpression, tree: ts.SourceFile): readonly Found[] {
  const { expression } = node;
  const changed: Found[] = [];
  if (ts.isPropertyAccessExpression(expression) && Object.hasOwn(methods, expression.name.text)) {
    const other = methods[expression.name.text] ?? '';
    if (other === '') changed.push(['MethodExpression', node, expression.expression.getText(tree)]);
    else changed.push(['MethodExpression', expression.name, other]);
  }
  return changed;
}

/** The statements of a case, which would then go on into the next one. */
function clause(node: ts.CaseClause, tree: ts.SourceFile): readonly Found[] {
  if (node.statements.length === 0) return [];
  return [['ConditionalExpression', node, `case ${node.expression.getText(tree)}:`]];
}

function chained(
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression,
  tree: ts.SourceFile,
): readonly Found[] {
  const left = node.expression.getText(tree);
  const right = ts.isPropertyAccessExpression(node)
    ? `.${node.name.getText(tree)}`
    : `[${node.argumentExpression.getText(tree)}]`;
  return [['OptionalChaining', node, `${left}${right}`]];
}

/** Whether a text is a value of the program, and no name of a field or type. */
function isWord(node: ts.StringLiteral | ts.NoSubstitutionTemplateLiteral): boolean {
  const { parent } = node;
  if (ts.isLiteralTypeNode(parent) || ts.isExportDeclaration(parent) || ts.isExternalModuleReference(parent))
    return false;
  if (
    (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isBindingElement(parent)) &&
    parent.name === node
  )
    return false;
  return !inError(node);
}

function inError(node: ts.Node): boolean {
  for (let up: ts.Node = node; !ts.isStatement(up) && !ts.isSourceFile(up); up = up.parent)
    if (ts.isNewExpression(up) && up.expression.getText().endsWith('Error')) return true;
  return false;
}

function isPattern(node: ts.ArrayLiteralExpression): boolean {
  return (
    ts.isBinaryExpression(node.parent) &&
    node.parent.left === node &&
    node.parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  );
}

/** The source with the mutant in it. */
export function mutated(source: string, { start, end, text }: Mutant): string {
  return source.slice(0, start) + text + source.slice(end);
}
