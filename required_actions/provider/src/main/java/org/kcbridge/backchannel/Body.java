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

    private Body(JsonNode root) {
        this.root = root;
    }

    static Body parse(String text) {
        try {
            JsonNode root = JsonSerialization.mapper.readTree(text);
            if (root == null || !root.isObject()) {
                throw Refusal.badRequest("");
            }
            return new Body(root);
        } catch (JsonProcessingException notJson) {
            throw Refusal.badRequest("");
        }
    }

    String text(String field) {
        String value = optionalText(field);
        if (value == null) {
            throw Refusal.badRequest(field);
        }
        return value;
    }

    String optionalText(String field) {
        JsonNode node = root.path(field);
        return node.isMissingNode() || node.isNull() ? null : textOf(node, field);
    }

    /** @return false when the field is missing */
    boolean optionalFlag(String field) {
        JsonNode node = root.path(field);
        if (!node.isMissingNode() && !node.isBoolean()) {
            throw Refusal.badRequest(field);
        }
        return node.booleanValue();
    }

    int epochSeconds(String field) {
        JsonNode node = root.path(field);
        if (!node.isInt()) {
            throw Refusal.badRequest(field);
        }
        return node.intValue();
    }

    List<String> texts(String field) {
        return textsOf(root.path(field), field);
    }

    /** @return empty when the field is missing */
    List<String> optionalTexts(String field) {
        return root.has(field) ? texts(field) : List.of();
    }

    /** @return attribute name to values; empty when the field is missing */
    Map<String, List<String>> textsByName(String field) {
        return members(optionalObject(field), field, Body::textsOf);
    }

    /** @return step to name to text; empty when the field is missing */
    Map<String, Map<String, String>> textByNameByStep(String field) {
        return members(optionalObject(field), field, (node, path) -> members(node, path, Body::textOf));
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
