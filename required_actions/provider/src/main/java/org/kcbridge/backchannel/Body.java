package org.kcbridge.backchannel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.keycloak.util.JsonSerialization;

/** Reads a JSON object strictly: a value of another type than promised is refused, never converted. */
final class Body {

    private final JsonNode root;

    /** Where this object is in the whole, empty or ending with a dot. */
    private final String path;

    private Body(JsonNode root, String path) {
        this.root = root;
        this.path = path;
    }

    static Body parse(String text) {
        try {
            JsonNode root = JsonSerialization.mapper.readTree(text);
            if (root == null || !root.isObject()) {
                throw Refusal.badRequest("");
            }
            return new Body(root, "");
        } catch (JsonProcessingException notJson) {
            throw Refusal.badRequest("");
        }
    }

    /** @return the refusal of this object for what a field says */
    Refusal bad(String field) {
        return Refusal.badRequest(path + field);
    }

    String text(String field) {
        String value = optionalText(field);
        if (value == null) {
            throw bad(field);
        }
        return value;
    }

    String optionalText(String field) {
        JsonNode node = root.path(field);
        return node.isMissingNode() || node.isNull() ? null : textOf(node, path + field);
    }

    /** @return false when the field is missing */
    boolean optionalFlag(String field) {
        return optionalFlag(field, false);
    }

    boolean optionalFlag(String field, boolean missing) {
        JsonNode node = root.path(field);
        if (!node.isMissingNode() && !node.isBoolean()) {
            throw bad(field);
        }
        return node.isMissingNode() ? missing : node.booleanValue();
    }

    long number(String field) {
        JsonNode node = root.path(field);
        if (!node.isIntegralNumber() || !node.canConvertToLong()) {
            throw bad(field);
        }
        return node.longValue();
    }

    /** @return the objects of a list, in its order */
    List<Body> objects(String field) {
        JsonNode list = root.path(field);
        if (!list.isArray()) {
            throw bad(field);
        }
        List<Body> objects = new ArrayList<>(list.size());
        for (JsonNode node : list) {
            if (!node.isObject()) {
                throw bad(field + "." + objects.size());
            }
            objects.add(new Body(node, path + field + "." + objects.size() + "."));
        }
        return objects;
    }

    int epochSeconds(String field) {
        JsonNode node = root.path(field);
        if (!node.isInt()) {
            throw bad(field);
        }
        return node.intValue();
    }

    List<String> texts(String field) {
        return textsOf(root.path(field), path + field);
    }

    /** @return empty when the field is missing */
    List<String> optionalTexts(String field) {
        return root.has(field) ? texts(field) : List.of();
    }

    /** @return attribute name to values; empty when the field is missing */
    Map<String, List<String>> textsByName(String field) {
        return members(optionalObject(field), path + field, Body::textsOf);
    }

    /** @return step to name to text; empty when the field is missing */
    Map<String, Map<String, String>> textByNameByStep(String field) {
        return members(optionalObject(field), path + field, (node, place) -> members(node, place, Body::textOf));
    }

    private JsonNode optionalObject(String field) {
        return root.has(field) ? root.get(field) : JsonNodeFactory.instance.objectNode();
    }

    private static <T> Map<String, T> members(JsonNode node, String path, BiFunction<JsonNode, String, T> read) {
        if (!node.isObject()) {
            throw Refusal.badRequest(path);
        }
        Map<String, T> members = new LinkedHashMap<>();
        node.properties().forEach(
                entry -> members.put(entry.getKey(), read.apply(entry.getValue(), path + "." + entry.getKey())));
        return members;
    }

    private static List<String> textsOf(JsonNode node, String field) {
        if (!node.isArray()) {
            throw Refusal.badRequest(field);
        }
        List<String> values = new ArrayList<>();
        node.forEach(item -> values.add(textOf(item, field)));
        return values;
    }

    private static String textOf(JsonNode node, String field) {
        if (!node.isTextual()) {
            throw Refusal.badRequest(field);
        }
        return node.textValue();
    }
}
