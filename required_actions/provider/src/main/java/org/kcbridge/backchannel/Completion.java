package org.kcbridge.backchannel;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.kcbridge.action.Steps;
import org.kcbridge.login.Login;
import org.kcbridge.login.Pending;
import org.kcbridge.login.Proofs;
import org.kcbridge.login.SecondFactor;
import org.kcbridge.login.Setup;
import org.kcbridge.login.Supersession;
import org.keycloak.models.RealmModel;
import org.keycloak.models.UserCredentialModel;
import org.keycloak.models.UserModel;
import org.keycloak.storage.ReadOnlyException;

/**
 * Marks steps as done, with all they bring, in one transaction. Asking again for what this ticket has done already
 * gives the same answer, so the bridge may repeat a call whose answer was lost. What differs then is written: people go
 * back and correct, and somebody who was never told of a first password has chosen another.
 */
final class Completion {

    /**
     * @param attributes name to values; an empty list removes the attribute
     * @param password null when none was sent
     * @param keepSessions whether a new password leaves the person's other sessions alone
     * @param details step to what its event shall tell
     */
    record Request(Set<String> done, Map<String, List<String>> attributes, String password, boolean keepSessions,
            Map<String, Map<String, String>> details) {

        static Request read(Body body) {
            Request request = new Request(new LinkedHashSet<>(body.texts("done")), body.textsByName("attributes"),
                    body.optionalText("password"), body.optionalFlag("keepSessions"),
                    body.textByNameByStep("details"));
            StepEvents.check(request.details(), request.done());
            return request;
        }
    }

    private final Call call;
    private final RealmModel realm;
    private final Login login;
    private final UserModel user;

    Completion(Call call, Login login, UserModel user) {
        this.call = call;
        this.realm = call.realm();
        this.login = login;
        this.user = user;
    }

    Map<String, Object> apply(Request request) {
        Set<String> fresh = stillToDo(request);
        if (fresh.contains(Steps.NEW_PASSWORD)) {
            new PasswordChange(call, login, user).apply(request.password(), request.keepSessions());
        }
        fresh.forEach(user::removeRequiredAction);
        login.markDone(fresh);
        Map<String, Set<String>> attributes = sentByStep(request);
        Set<String> changed = write(request, union(attributes));
        // From here on: what the user has now, as it was sent. A read-only directory may have refused it.
        attributes.values().forEach(names -> names.removeIf(name -> !has(request, name)));
        Set<String> written = union(attributes);
        Set<String> news = new LinkedHashSet<>(login.done());
        news.removeIf(step -> !fresh.contains(step) && Collections.disjoint(attributes.get(step), changed));
        if (!news.isEmpty()) {
            new Supersession(call.session(), realm).claim(login);
            news.forEach(step -> StepEvents.record(call, login, user, step,
                    request.details().getOrDefault(step, Map.of()), attributes.get(step)));
        }
        return answer(request.attributes().keySet().stream().filter(name -> !written.contains(name)).toList());
    }

    /** @return what was asked for and not done yet */
    private Set<String> stillToDo(Request request) {
        List<String> pending = Pending.ofLogin(realm, user, login);
        List<String> strangers = new ArrayList<>(request.done());
        strangers.removeAll(pending);
        strangers.removeAll(login.done());
        if (!strangers.isEmpty()) {
            throw Refusal.unprocessable("not_pending").with("actions", strangers);
        }
        Set<String> fresh = new LinkedHashSet<>(request.done());
        fresh.retainAll(pending);
        if (request.done().contains(Steps.NEW_PASSWORD) && isAnother(request.password())) {
            fresh.add(Steps.NEW_PASSWORD);
        }
        return fresh;
    }

    /** The password they were told of last is the one that must work. */
    private boolean isAnother(String password) {
        return login.done().contains(Steps.NEW_PASSWORD) && password != null
                && !user.credentialManager().isValid(UserCredentialModel.password(password));
    }

    /** @return each step done under this ticket, to the attributes of this request that it may write */
    private Map<String, Set<String>> sentByStep(Request request) {
        Map<String, Set<String>> sent = new LinkedHashMap<>();
        for (String step : login.done()) {
            Set<String> names = new TreeSet<>(request.attributes().keySet());
            names.retainAll(Setup.of(call.session(), realm, step).writableAttributes());
            sent.put(step, names);
        }
        return sent;
    }

    private static Set<String> union(Map<String, Set<String>> sets) {
        return sets.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
    }

    /** @return names of the attributes that have other values now */
    private Set<String> write(Request request, Set<String> allowed) {
        Set<String> changed = new LinkedHashSet<>(allowed);
        changed.removeIf(name -> has(request, name) || !set(name, request.attributes().get(name)));
        return changed;
    }

    private boolean has(Request request, String name) {
        // Keycloak keeps no order of an attribute's values.
        return user.getAttributeStream(name).sorted().toList()
                .equals(request.attributes().get(name).stream().sorted().toList());
    }

    /** @return false for somebody from a read-only directory, of whom Keycloak takes no attribute from anybody */
    private boolean set(String name, List<String> values) {
        try {
            user.setAttribute(name, values);
            return true;
        } catch (ReadOnlyException federated) {
            return false;
        }
    }

    private Map<String, Object> answer(List<String> ignored) {
        List<String> pending = Pending.ofLogin(realm, user, login);
        boolean normalLogin = login.cameFromMail() && SecondFactor.has(user);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("done", login.done());
        answer.put("pending", pending);
        answer.put("login", normalLogin ? "normal" : "continues");
        answer.put("ignored", ignored);
        if (pending.isEmpty()) {
            new Supersession(call.session(), realm).spend(login);
        }
        if (pending.isEmpty() && !normalLogin) {
            answer.put("proof", Proofs.issue(login, realm));
        }
        return answer;
    }
}
