package org.kcbridge.backchannel;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

/**
 * Marks steps as done, with all they bring, in one transaction. Asking again for what this ticket has done already
 * changes nothing and gives the same answer, so the bridge may repeat a call whose answer was lost. Only another
 * password is written: the person was never told of the first, and chose again.
 */
final class Completion {

    /** @param password null when none was sent */
    record Request(Set<String> done, Map<String, List<String>> attributes, String password) {

        static Request read(Body body) {
            return new Request(new LinkedHashSet<>(body.texts("done")), body.textsByName("attributes"),
                    body.optionalText("password"));
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
        Set<String> writable = writableBy(request.done());
        if (!fresh.isEmpty()) {
            if (fresh.contains(Steps.NEW_PASSWORD)) {
                new PasswordChange(call, login, user).apply(request.password());
            }
            write(request, writableBy(fresh));
            fresh.forEach(user::removeRequiredAction);
            login.markDone(fresh);
            new Supersession(call.session(), realm).claim(login);
            StepEvents.record(call, login, user, fresh);
        }
        return answer(request.attributes().keySet().stream().filter(name -> !writable.contains(name)).toList());
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

    private Set<String> writableBy(Set<String> steps) {
        Set<String> names = new LinkedHashSet<>();
        steps.forEach(step -> names.addAll(Setup.of(call.session(), realm, step).writableAttributes()));
        return names;
    }

    private void write(Request request, Set<String> writable) {
        request.attributes().forEach((name, values) -> {
            if (writable.contains(name)) {
                user.setAttribute(name, values);
            }
        });
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
