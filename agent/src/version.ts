/** Release of the agent, as in package.json. */
export const agentVersion = '0.1.0';
