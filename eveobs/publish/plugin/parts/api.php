<?php
/**
 * The operations over REST and XML-RPC.
 *
 * @package eveobs
 */

namespace Eveobs;

defined( 'ABSPATH' ) || exit;

/** What an operation gives. An index that was lost, as by a backup of WordPress's own tables, is made anew. */
function run( string $operation, $given ) {
	if ( ! is_array( $given ) ) {
		return failure( 'bad_request', 'A JSON object is expected.', 400 );
	}
	if ( ! has_table() && current_user_can( 'publish_posts' ) ) {
		install_table();
	}
	return $operation( $given );
}

/** The operations as routes of REST. */
function routes() {
	foreach ( operations() as $name => list( $method, $run, $capability ) ) {
		register_rest_route(
			'eveobs/v1',
			"/$name",
			array(
				'methods'             => $method,
				'permission_callback' => static fn() => may( $capability ),
				'callback'            => static function ( $request ) use ( $method, $run ) {
					$given = 'GET' === $method ? $request->get_query_params() : $request->get_json_params();
					return run( $run, $given );
				},
			)
		);
	}
}

/** The operations as methods of XML-RPC: (blog id, user, password, JSON) → JSON. */
function methods( array $methods ): array {
	foreach ( operations() as $name => list( , $run, $capability ) ) {
		$methods[ "eveobs.$name" ] = array( new Call( $run, $capability ), 'answer' );
	}
	return $methods;
}

/** A method of XML-RPC; WordPress calls functions by name and methods of objects, no closures. */
final class Call {
	/** @var string */
	private $run;
	/** @var string */
	private $capability;

	/** Runs the function `$run` for users who have a capability. */
	public function __construct( string $run, string $capability ) {
		$this->run        = $run;
		$this->capability = $capability;
	}

	/** Answers one call, with JSON in ASCII: XML carries all of it. */
	public function answer( $arguments ) {
		global $wp_xmlrpc_server;
		list( , $name, $password, $text ) = array_pad( (array) $arguments, 4, '' );
		if ( ! $wp_xmlrpc_server->login( $name, $password ) ) {
			return $wp_xmlrpc_server->error;
		}
		$answer = $this->of( json_decode( (string) $text, true ) );
		if ( is_wp_error( $answer ) ) {
			$status = $answer->get_error_data()['status'];
			return new \IXR_Error( 403 === $status ? 401 : $status, $answer->get_error_message() );
		}
		return wp_json_encode( $answer );
	}

	/** The answer to decoded JSON, or the error. */
	private function of( $given ) {
		$allowed = may( $this->capability );
		if ( true !== $allowed ) {
			return $allowed;
		}
		return run( $this->run, $given );
	}
}

/**
 * Tries an application password before the account's own in XML-RPC: the other way round each call
 * pays for a bcrypt that is bound to fail, some 50 ms.
 */
function authenticate( $user, $name, $password ) {
	if ( $user instanceof \WP_User || ! defined( 'XMLRPC_REQUEST' ) || ! $name || ! $password ) {
		return $user;
	}
	$found = wp_authenticate_application_password( null, $name, $password );
	return $found instanceof \WP_User ? $found : $user;
}
