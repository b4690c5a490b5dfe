// What the API server, or Kyverno by a policy of its own kind, makes of pods: admission.mjs CEL YAML
// (the node_modules folders of the two packages)
//
// Standard input: for each pod three YAML documents, the path of the policy with its bindings, the labels of the
// namespace, and the pod, with a line "..." in the end. Standard output: three lines for each, the complaint of a
// mutation that could not be applied (often empty), and the pod before and afterwards as JSON, or nothing if it
// is refused.
//
// Its part in it is small and done here: which pods match, the types of objects in CEL, which it only
// holds against the fields that they are for, the merge, and the patch. CEL itself is @bufbuild/cel's.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [, , cel, yaml] = process.argv;
const { celEnv, parse, plan } = createRequire(cel + "/")("@bufbuild/cel");
const { parseAllDocuments } = createRequire(yaml + "/")("yaml");
let kind, spec, bindings, namespace, complaint;

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

// The same function, but each argument is worked on once only.
function once(make) {
	const made = new Map();
	return (argument) => {
		if (!made.has(argument))
			made.set(argument, make(argument));
		return made.get(argument);
	};
}

const planned = once((text) => plan(celEnv(), untyped(parse(text).expr)));

function evaluate(text, object, variables) {
	const result = planned(text)({ object, variables, namespaceObject: { metadata: { labels: namespace } } });
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
	const at = (path) => {
		const names = path.split("/").slice(1);
		const last = names.pop();
		const parent = names.reduce((place, name) => place[name], object);
		if (parent === undefined)
			throw new Error(`no ${path}`);
		return [parent, last];
	};
	for (const { op, path, from, value } of operations) {
		const [parent, last] = at(path);
		let what = value;
		if (op === "copy") {
			const [source, name] = at(from);
			what = structuredClone(source[name]);
		} else if (op === "remove") {
			if (!(last in parent))
				throw new Error(`remove ${path}`);
			delete parent[last];
			continue;
		} else if (op !== "add")
			throw new Error(`${op} ${path}`);
		if (Array.isArray(parent))
			parent.splice(last === "-" ? parent.length : Number(last), 0, what);
		else
			parent[last] = what;
	}
	return object;
}

function selects(selector, labels) {
	return Object.entries(selector?.matchLabels ?? {}).every(([name, value]) => labels[name] === value) &&
		(selector?.matchExpressions ?? []).every(({ key, operator, values }) => {
			if (operator !== "NotIn")
				throw new Error(`${operator}: not known here`);
			return !values.includes(labels[key]);
		});
}

// Kyverno has no bindings.
function isBound(object) {
	const bound = bindings.filter(({ spec: { matchResources } }) =>
		selects(matchResources.namespaceSelector, namespace) &&
		selects(matchResources.objectSelector, object.metadata.labels ?? {}));
	if (bound.length > 1)
		throw new Error("bound twice");
	return kind === "MutatingPolicy" || bound.length === 1;
}

function mutated(original) {
	let object = original;
	if (!isBound(object))
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
			complaint = error.message;
			if (kind === "MutatingPolicy")
				return original;
			// and on with the next mutation
		}
	return object;
}

function documents(text) {
	return parseAllDocuments(text).map((document) => {
		if (document.errors.length)
			throw document.errors[0];
		return document.toJS();
	});
}

const policyAt = once((path) => documents(readFileSync(path, "utf8")));

function answer(request) {
	let policy, pod, before = "", after = "";
	complaint = "";
	try {
		[policy, namespace, pod] = documents(request);
		[{ kind, spec }, ...bindings] = policyAt(policy);
		before = JSON.stringify(pod);
		after = JSON.stringify(mutated(pod));
	} catch (error) {
		complaint = error.message;
	}
	console.log([complaint.replaceAll("\n", " "), before, after].join("\n"));
}

let request = "";
for await (const line of createInterface({ input: process.stdin })) {
	if (line !== "...") {
		request += line + "\n";
		continue;
	}
	answer(request);
	request = "";
}
