/** Stands for the bundle of the task function: what matters to a template is that it comes through unchanged. */
export const TASK_CODE = `'use strict';
// "quotes", a backslash \\\\, \${Not.A.Variable}, {{braces}}, # a hash: and a colon
exports.handler = async (event) => {
\treturn { tasks: event.tasks.length, text: 'it\\'s' };
};

  const indented = true;
`;
