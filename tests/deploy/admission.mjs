// What the API server makes of a pod: admission.mjs NODE_MODULES POLICY.json POD.json
//
// Its part in it is small and done here: which pods match, the types of objects in CEL, which it only
// holds against the fields that they are for, the merge, and the patch. CEL itself is @bufbuild/cel's.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [, , modules, ...files] = process.argv;
const { celEnv, parse, plan } = createRequire(modules + "/")("@bufbuild/cel");
const [{ spec }, pod] = files.map((file) => JSON.parse(readFileSync(file, "utf8")));

// The lists of a pod that are merged item by item, and by which of their fields; others are atomic.
const KEYS = { volumes: "name", containers: "name", env: "name", volumeMounts: "mountPath" };

// Object.spec{...} becomes a map: CEL has no such type, the API server makes it up from the field's place.
function untyped(expression, place) {
	const { case: kind, value } = expression.exprKind;
	switch (kind) {
	case "structExpr": {
		const type = value.messageName;
		if (place && type && type !== place)
			throw new Error(`${type} where ${place} belongs`);
		for (const entry of value.entries) {
			const field = entry.keyKind.case === "fieldKey" ? entry.keyKind.value : undefined;
			untyped(entry.value, type && type !== "JSONPatch" ? `${type}.${field}` : undefined);
			if (field)
				entry.keyKind = { case: "mapKey", value: parse(JSON.stringify(field)).expr };
		}
		value.messageName = "";
		break;
	}
	case "listExpr":
		value.elements.forEach((element) => untyped(element, place));
		break;
	case "callExpr":
		[value.target, ...value.args].filter(Boolean).forEach((part) => untyped(part, place));
		break;
	case "selectExpr":
		untyped(value.operand);
		break;
	case "comprehensionExpr":
		[value.iterRange, value.accuInit, value.loopCondition, value.loopStep, value.result]
			.forEach((part) => untyped(part, place));
	}
	return expression;
}

// From what the evaluator returns to what JSON knows.
function plain(value) {
	if (typeof value === "bigint")
		return Number(value);
	if (value === null || typeof value !== "object")
		return value;
	if (typeof value.entries === "function" && typeof value.get === "function" && typeof value.has === "function")
		return Object.fromEntries([...value.entries()].map(([key, item]) => [key, plain(item)]));
	return [...value].map(plain);
}

function evaluate(text, object, variables) {
	const { expr } = parse(text);
	const result = plan(celEnv(), untyped(expr))({ object, variables });
	if (result instanceof Error)
		throw result;
	return plain(result);
}

function merge(live, applied, field) {
	if (Array.isArray(applied)) {
		const key = KEYS[field];
		if (!key)
			throw new Error(`${field} is atomic`);
		if (new Set(applied.map((item) => item[key])).size < applied.length)
			throw new Error(`${field}: twice the same ${key}`);
		const result = [...(live ?? [])];
		for (const item of applied) {
			const at = result.findIndex((other) => other[key] === item[key]);
			if (at < 0)
				result.push(item);
			else
				result[at] = merge(result[at], item);
		}
		return result;
	}
	if (applied === null || typeof applied !== "object")
		return applied;
	const result = { ...live };
	for (const [name, value] of Object.entries(applied))
		result[name] = merge(result[name], value, name);
	return result;
}

function patch(object, operations) {
	for (const { op, path, value } of operations) {
		const names = path.split("/").slice(1);
		const last = names.pop();
		const parent = names.reduce((place, name) => place[name], object);
		if (op !== "add" || parent === undefined)
			throw new Error(`${op} ${path}`);
		if (Array.isArray(parent))
			parent.splice(last === "-" ? parent.length : Number(last), 0, value);
		else
			parent[last] = value;
	}
	return object;
}

function mutated(object) {
	const labels = object.metadata.labels ?? {};
	const wanted = Object.entries(spec.matchConstraints.objectSelector.matchLabels);
	if (!wanted.every(([name, value]) => labels[name] === value))
		return object;
	if (!spec.matchConditions.every(({ expression }) => evaluate(expression, object)))
		return object;
	const variables = {};
	for (const { name, expression } of spec.variables)
		variables[name] = evaluate(expression, object, variables);
	for (const { applyConfiguration, jsonPatch } of spec.mutations)
		try {
			object = applyConfiguration
				? merge(object, evaluate(applyConfiguration.expression, object, variables))
				: patch(structuredClone(object), evaluate(jsonPatch.expression, object, variables));
		} catch (error) {
			if (spec.failurePolicy !== "Ignore")
				throw error;
			console.error(error.message); // and on with the next mutation
		}
	return object;
}

console.log(JSON.stringify(mutated(pod), null, 2));
